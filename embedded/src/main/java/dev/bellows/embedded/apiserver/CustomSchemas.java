package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.concurrent.ConcurrentHashMap;

/** The schemas of a CustomResourceDefinition, completed with what every object has. */
final class CustomSchemas implements Resource.Schemas {
  private final JsonNode versions;
  private final ConcurrentHashMap<String, Schema> made = new ConcurrentHashMap<>();

  CustomSchemas(JsonNode versions) {
    this.versions = versions;
  }

  @Override
  public Schema of(String version) {
    return made.computeIfAbsent(version, none -> new Schema(openApi(version)));
  }

  @Override
  public ObjectNode openApi(String version) {
    ObjectNode schema = Json.object();
    for (JsonNode each : versions) {
      if (each.path("name").asText().equals(version)
          && each.path("schema").path("openAPIV3Schema") instanceof ObjectNode found) {
        schema = found.deepCopy();
      }
    }
    schema.put("type", "object");
    ObjectNode properties = Json.child(schema, "properties");
    Json.child(properties, "apiVersion").put("type", "string");
    Json.child(properties, "kind").put("type", "string");
    properties.putObject("metadata").put("$ref", Definitions.REFERENCE + Definitions.OBJECT_META);
    return schema;
  }

  @Override
  public String toString() {
    return versions.toString(); // tells one state of a definition from the next
  }
}
