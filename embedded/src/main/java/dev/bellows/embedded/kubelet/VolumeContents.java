package dev.bellows.embedded.kubelet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The files of a volume that is made of objects: ConfigMaps, Secrets, the pod's own fields, a token
 * of its account, or several of these (Kubernetes documentation, "Volumes", "Projected Volumes").
 */
final class VolumeContents {
  private static final int DEFAULT_MODE = 0644;
  private static final long DEFAULT_TOKEN_SECONDS = 3600;

  private final NodeApi api;
  private final ObjectNode pod;
  private final String volume;
  private final Instant now;
  private final Map<String, Token> tokens;
  private final Map<String, AtomicDirectory.Content> files = new LinkedHashMap<>();
  private Instant staleAt = Instant.MAX;

  /** A token that is in use, and when a new one is due: after four fifths of its time. */
  record Token(String text, Instant renewAt) {}

  private VolumeContents(
      NodeApi api, ObjectNode pod, String volume, Instant now, Map<String, Token> tokens) {
    this.api = api;
    this.pod = pod;
    this.volume = volume;
    this.now = now;
    this.tokens = tokens;
  }

  /** Whether a volume is made of objects. */
  static boolean isOf(JsonNode definition) {
    return definition.has("configMap")
        || definition.has("secret")
        || definition.has("downwardAPI")
        || definition.has("projected");
  }

  /**
   * The files, by their paths.
   *
   * @param tokens those in use, by where they are; kept up to date
   * @throws VolumeException if something that is not optional is not there
   */
  static Made of(
      NodeApi api, ObjectNode pod, JsonNode definition, Instant now, Map<String, Token> tokens)
      throws VolumeException {
    VolumeContents contents =
        new VolumeContents(api, pod, definition.path("name").asText(), now, tokens);
    JsonNode projected = definition.path("projected");
    if (projected.isObject()) {
      int mode = projected.path("defaultMode").asInt(DEFAULT_MODE);
      for (JsonNode source : projected.path("sources")) {
        contents.add(source, "name", mode);
      }
    } else {
      JsonNode source =
          definition.path(
              definition.has("configMap")
                  ? "configMap"
                  : definition.has("secret") ? "secret" : "downwardAPI");
      contents.add(definition, "secretName", source.path("defaultMode").asInt(DEFAULT_MODE));
    }
    return new Made(contents.files, contents.staleAt);
  }

  /**
   * The files of a volume.
   *
   * @param staleAt when they must be made anew even if no object changes
   */
  record Made(Map<String, AtomicDirectory.Content> files, Instant staleAt) {}

  private void add(JsonNode source, String secretName, int mode) throws VolumeException {
    if (source.has("configMap")) {
      addConfigMap(source.path("configMap"), mode);
    } else if (source.has("secret")) {
      addSecret(source.path("secret"), secretName, mode);
    } else if (source.has("downwardAPI")) {
      addFields(source.path("downwardAPI").path("items"), mode);
    } else if (source.has("serviceAccountToken")) {
      addToken(source.path("serviceAccountToken"), mode);
    } else {
      throw new VolumeException(volume, "sources of this kind are not known here");
    }
  }

  private String namespace() {
    return pod.path("metadata").path("namespace").asText();
  }

  private void addConfigMap(JsonNode source, int mode) throws VolumeException {
    String name = source.path("name").asText();
    Optional<ObjectNode> found = api.configMap(namespace(), name);
    Map<String, ByteBuffer> data = new LinkedHashMap<>();
    found.ifPresent(map -> {
      map.path("data")
          .properties()
          .forEach(each -> data.put(each.getKey(), bytes(each.getValue().asText())));
      map.path("binaryData")
          .properties()
          .forEach(each -> data.put(each.getKey(), decoded(each.getValue())));
    });
    addKeys("configmap", "ConfigMap", name, found.isPresent(), data, source, mode);
  }

  private void addSecret(JsonNode source, String secretName, int mode) throws VolumeException {
    String name = source.path(secretName).asText();
    Optional<ObjectNode> found = api.secret(namespace(), name);
    Map<String, ByteBuffer> data = new LinkedHashMap<>();
    found.ifPresent(secret ->
        secret
            .path("data")
            .properties()
            .forEach(each -> data.put(each.getKey(), decoded(each.getValue()))));
    addKeys("secret", "Secret", name, found.isPresent(), data, source, mode);
  }

  private void addKeys(
      String resource,
      String kind,
      String name,
      boolean isThere,
      Map<String, ByteBuffer> data,
      JsonNode source,
      int mode)
      throws VolumeException {
    boolean optional = source.path("optional").asBoolean(false);
    if (!isThere) {
      if (optional) {
        return;
      }
      throw new VolumeException(volume, resource + " \"" + name + "\" not found");
    }
    if (source.path("items").isEmpty()) {
      data.forEach((key, bytes) -> files.put(key, new AtomicDirectory.Content(bytes, mode)));
      return;
    }
    for (JsonNode item : source.path("items")) {
      ByteBuffer bytes = data.get(item.path("key").asText());
      if (bytes != null) {
        files.put(
            item.path("path").asText(),
            new AtomicDirectory.Content(bytes, item.path("mode").asInt(mode)));
      } else if (!optional) {
        throw new VolumeException(
            volume,
            "references non-existent %s key: %s (in %s %s)"
                .formatted(resource, item.path("key").asText(), kind, name));
      }
    }
  }

  private void addFields(JsonNode items, int mode) throws VolumeException {
    PodFields fields = new PodFields(pod, Map.of());
    for (JsonNode item : items) {
      String text;
      try {
        if (item.has("resourceFieldRef")) {
          JsonNode reference = item.path("resourceFieldRef");
          String container = reference.path("containerName").asText();
          text =
              PodFields.resource(
                  fields
                      .container(container)
                      .orElseThrow(
                          () -> new VolumeException(volume, "there is no container " + container)),
                  reference);
        } else {
          text = fields.file(item.path("fieldRef").path("fieldPath").asText());
        }
      } catch (ContainerEnvironment.Missing e) {
        throw new VolumeException(volume, String.valueOf(e.getMessage()));
      }
      files.put(
          item.path("path").asText(),
          new AtomicDirectory.Content(bytes(text), item.path("mode").asInt(mode)));
    }
  }

  private void addToken(JsonNode source, int mode) throws VolumeException {
    String path = source.path("path").asText();
    String place = volume + "/" + path;
    Token token = tokens.get(place);
    if (token == null || !now.isBefore(token.renewAt())) {
      Duration life =
          Duration.ofSeconds(source.path("expirationSeconds").asLong(DEFAULT_TOKEN_SECONDS));
      try {
        String text = request(source.path("audience").asText(""), life);
        token = new Token(text, now.plus(life.multipliedBy(4).dividedBy(5)));
      } catch (RuntimeException e) {
        throw new VolumeException(volume, "failed to fetch token: " + e.getMessage());
      }
      tokens.put(place, token);
    }
    if (token.renewAt().isBefore(staleAt)) {
      staleAt = token.renewAt();
    }
    files.put(path, new AtomicDirectory.Content(bytes(token.text()), mode));
  }

  /** A token that is bound to the pod. */
  private String request(String audience, Duration life) {
    JsonNode metadata = pod.path("metadata");
    ObjectNode request = JsonNodeFactory.instance.objectNode();
    request.put("apiVersion", "authentication.k8s.io/v1").put("kind", "TokenRequest");
    ObjectNode spec = request.putObject("spec").put("expirationSeconds", life.toSeconds());
    ArrayNode audiences = spec.putArray("audiences");
    if (!audience.isEmpty()) {
      audiences.add(audience);
    }
    spec.putObject("boundObjectRef")
        .put("kind", "Pod")
        .put("apiVersion", "v1")
        .put("name", metadata.path("name").asText())
        .put("uid", metadata.path("uid").asText());
    String account = pod.path("spec").path("serviceAccountName").asText("default");
    return api.token(namespace(), account, request).path("status").path("token").asText();
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  private static ByteBuffer decoded(JsonNode value) {
    return ByteBuffer.wrap(Base64.getDecoder().decode(value.asText()));
  }
}
