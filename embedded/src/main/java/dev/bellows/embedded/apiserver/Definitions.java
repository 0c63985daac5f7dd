package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.GZIPInputStream;

/**
 * The schemas of the built-in kinds, from the published OpenAPI documents of Kubernetes ({@code
 * src/main/scripts/trim-openapi.py} makes the file). Read when first asked for.
 */
final class Definitions {
  static final String REFERENCE = "#/components/schemas/";
  static final String OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
  static final String LIST_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta";

  private static final String FILE = "kubernetes-openapi.json.gz";

  private final ObjectNode schemas;
  private final Map<String, String> nameOfKind = new HashMap<>();
  private final ConcurrentHashMap<String, Schema> made = new ConcurrentHashMap<>();

  private Definitions(ObjectNode schemas) {
    this.schemas = schemas;
    for (var definition : schemas.properties()) {
      if (isOpen(definition.getValue()) && definition.getValue() instanceof ObjectNode open) {
        open.put("x-kubernetes-preserve-unknown-fields", true);
      }
      for (JsonNode kind : definition.getValue().path("x-kubernetes-group-version-kind")) {
        nameOfKind.put(
            key(
                kind.path("group").asText(),
                kind.path("version").asText(),
                kind.path("kind").asText()),
            definition.getKey());
      }
    }
  }

  /** A definition that says nothing of its content takes any: RawExtension, FieldsV1, JSON. */
  private static boolean isOpen(JsonNode definition) {
    return !definition.has("properties")
        && !definition.has("additionalProperties")
        && !definition.has("oneOf")
        && definition.path("type").asText("object").equals("object");
  }

  private static final class BuiltIn {
    static final Definitions DEFINITIONS = load();
  }

  /** The definitions of Kubernetes itself. */
  static Definitions builtIn() {
    return BuiltIn.DEFINITIONS;
  }

  private static Definitions load() {
    try (InputStream file = Definitions.class.getResourceAsStream(FILE)) {
      if (file == null) {
        throw new IllegalStateException(FILE + " is missing from the class path");
      }
      byte[] text = new GZIPInputStream(file).readAllBytes();
      return new Definitions((ObjectNode) Json.read(text).path("schemas"));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + FILE, e);
    }
  }

  private static String key(String group, String version, String kind) {
    return group + "/" + version + "/" + kind;
  }

  /** The definition's own text. */
  JsonNode node(String name) {
    return schemas.path(name);
  }

  /** The name of a kind's definition, empty if it is not built in. */
  String nameOf(String group, String version, String kind) {
    return nameOfKind.getOrDefault(key(group, version, kind), "");
  }

  /** The schema of a definition; one that knows nothing if there is no such. */
  Schema schema(String name) {
    return made.computeIfAbsent(name, none -> new Schema(schemas.path(name)));
  }

  /** The schema of a built-in kind. */
  Schema kind(String group, String version, String kind) {
    return schema(nameOf(group, version, kind));
  }
}
