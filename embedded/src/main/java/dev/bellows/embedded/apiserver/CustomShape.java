package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** What a CustomResourceDefinition says of its objects, completed with what every object has. */
final class CustomShape implements Resource.Shape {
  private final JsonNode versions;
  private final JsonNode stored;
  private volatile Optional<Columns> columns = Optional.empty();
  private final ConcurrentHashMap<String, Schema> made = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<String, Optional<ValidationRules>> rules =
      new ConcurrentHashMap<>();

  /**
   * @param versions all of the definition's
   * @param stored the one among them in which objects are stored
   */
  CustomShape(JsonNode versions, JsonNode stored) {
    this.versions = versions;
    this.stored = stored;
  }

  @Override
  public Schema schema(String version) {
    return made.computeIfAbsent(version, none -> new Schema(openApi(version)));
  }

  @Override
  public ObjectNode openApi(String version) {
    ObjectNode schema = written(version).deepCopy();
    schema.put("type", "object");
    ObjectNode properties = Json.child(schema, "properties");
    Json.child(properties, "apiVersion").put("type", "string");
    Json.child(properties, "kind").put("type", "string");
    properties.putObject("metadata").put("$ref", Definitions.REFERENCE + Definitions.OBJECT_META);
    return schema;
  }

  private ObjectNode written(String version) {
    for (JsonNode each : versions) {
      if (each.path("name").asText().equals(version)
          && each.path("schema").path("openAPIV3Schema") instanceof ObjectNode found) {
        return found;
      }
    }
    return Json.object();
  }

  @Override
  public Optional<ValidationRules> rules(String version) {
    return rules.computeIfAbsent(
        version,
        none -> {
          JsonNode schema = written(version);
          return ValidationRules.areIn(schema)
              ? Optional.of(ValidationRules.of(schema))
              : Optional.empty();
        });
  }

  @Override
  public Columns columns() {
    if (columns.isEmpty()) {
      columns = Optional.of(CustomColumns.of(stored));
    }
    return columns.get();
  }

  @Override
  public ScalePaths scale() {
    return ScalePaths.of(stored.path("subresources").path("scale"));
  }

  @Override
  public String toString() {
    return versions.toString(); // tells one state of a definition from the next
  }
}
