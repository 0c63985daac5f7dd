package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What is asked of manifests, by examples: ordinary ones ({@code manifests.json}) with some fields
 * changed, and what a kube-apiserver 1.34 has been heard to say of them.
 */
class ManifestRulesContractTest extends ContractTest {
  private static final ObjectNode MANIFESTS = Wire.object(read("manifests.json"));

  /**
   * One example.
   *
   * @param manifest the name of the ordinary one
   * @param with what is at which JSON pointer instead; null takes it away
   * @param answer code, reason and message, where it is refused
   */
  record Example(String manifest, JsonNode with, ObjectNode answer) {
    private static Example of(String line) {
      ObjectNode json = Wire.object(line);
      return new Example(json.path("manifest").asText(), json.path("with"), json);
    }

    private ObjectNode object(String namespace) {
      ObjectNode object =
          Wire.object(
              MANIFESTS.path(manifest).path("object").toString().replace("%NS%", namespace));
      for (Map.Entry<String, JsonNode> change : with.properties()) {
        set(object, change.getKey(), change.getValue());
      }
      return object;
    }

    private static void set(ObjectNode object, String pointer, JsonNode value) {
      String[] names = pointer.substring(1).split("/", -1);
      JsonNode at = object;
      for (String name : List.of(names).subList(0, names.length - 1)) {
        at = at instanceof ArrayNode list ? list.get(Integer.parseInt(name)) : in(at, name);
      }
      String last = names[names.length - 1];
      if (value.isNull()) {
        ((ObjectNode) at).remove(last);
      } else {
        ((ObjectNode) at).set(last, value.deepCopy());
      }
    }

    private static JsonNode in(JsonNode parent, String name) {
      return parent.has(name) ? parent.get(name) : ((ObjectNode) parent).putObject(name);
    }

    @Override
    public String toString() {
      String text = manifest + " with " + with;
      return text.substring(0, Math.min(text.length(), 160));
    }
  }

  private static String read(String file) {
    try (InputStream stream = ManifestRulesContractTest.class.getResourceAsStream(file)) {
      if (stream == null) {
        throw new IllegalStateException(file + " is missing");
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Stream<Example> refused() {
    return read("refused-manifests.jsonl").lines().map(Example::of);
  }

  static Stream<Example> accepted() {
    return read("accepted-manifests.jsonl").lines().map(Example::of);
  }

  private Reply send(Example example) {
    String path = MANIFESTS.path(example.manifest()).path("path").asText();
    return api.post(path.replace("%NS%", namespace) + "?dryRun=All", example.object(namespace));
  }

  @ParameterizedTest
  @MethodSource
  void refused(Example example) {
    ObjectNode answer = example.answer();
    Reply reply = send(example);
    reply.refuses(
        answer.path("code").asInt(),
        answer.path("reason").asText(),
        answer.path("message").asText().replace("%NS%", namespace));
    if (answer.path("code").asInt() == 422) {
      assertThat(reply.causes()).isNotEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource
  void accepted(Example example) {
    send(example).is(201);
  }
}
