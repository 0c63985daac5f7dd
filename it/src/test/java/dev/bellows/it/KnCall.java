package dev.bellows.it;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One call that kn made, and what it learned from the answer.
 *
 * @param of the words that kn was run with
 * @param path with the query
 * @param accept header, null if none
 * @param contentType header, null if none
 * @param body null if none
 * @param status of the answer
 * @param chosen by object, as {@code Kind/name}, what the server chose and kn may send back
 * @param until of a watch, what its last event told
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
record KnCall(
    String of,
    String method,
    String path,
    @Nullable String accept,
    @Nullable String contentType,
    @Nullable JsonNode body,
    int status,
    Map<String, Chosen> chosen,
    @Nullable Event until) {
  static final ObjectMapper JSON = new ObjectMapper();

  KnCall {
    chosen = chosen == null ? Map.of() : chosen;
  }

  /** What the server chose for an object. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Chosen(@Nullable String uid, @Nullable String resourceVersion) {}

  /**
   * An event of a watch.
   *
   * @param ready status of the object's Ready about its present generation; null if none is told
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Event(String type, @Nullable String ready) {
    static Event of(JsonNode event) {
      JsonNode object = event.path("object");
      String type = event.path("type").asText();
      boolean present =
          object.path("metadata").path("generation").asLong()
              == object.path("status").path("observedGeneration").asLong(-1);
      for (JsonNode condition : object.path("status").path("conditions")) {
        if (present && condition.path("type").asText().equals("Ready")) {
          return new Event(type, condition.path("status").asText());
        }
      }
      return new Event(type, null);
    }
  }

  @JsonIgnore
  boolean isWatch() {
    return path.contains("watch=true");
  }

  /** What the server chose for each object that an answer or event holds, and for the list. */
  static Map<String, Chosen> chosen(JsonNode answer) {
    Map<String, Chosen> result = new LinkedHashMap<>();
    String kind = answer.path("kind").asText();
    if (answer.path("object").isObject()) {
      return chosen(answer.path("object"));
    }
    if (!kind.equals("Status") && answer.path("metadata").isObject()) {
      JsonNode metadata = answer.path("metadata");
      result.put(
          kind + "/" + metadata.path("name").asText(),
          new Chosen(
              metadata.path("uid").asText(null), metadata.path("resourceVersion").asText(null)));
      answer.path("items").forEach(item -> result.putAll(chosen(item)));
    }
    return result;
  }

  static List<KnCall> read(InputStream lines) throws IOException {
    List<KnCall> calls = new ArrayList<>();
    try (var reader = new BufferedReader(new InputStreamReader(lines, StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        calls.add(JSON.readValue(line, KnCall.class));
      }
    }
    return calls;
  }

  static void write(Path file, List<KnCall> calls) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (KnCall call : calls) {
      lines.append(Objects.requireNonNull(JSON.writeValueAsString(call))).append('\n');
    }
    Files.writeString(file, lines.toString());
  }
}
