package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Fills what a CustomResourceDefinition's schema has a default for, and drops nulls for nothing.
 */
final class SchemaDefaults {
  private SchemaDefaults() {}

  static void fill(JsonNode value, Schema schema) {
    switch (value) {
      case ObjectNode object -> {
        for (Map.Entry<String, JsonNode> field : schema.keyword("properties").properties()) {
          Schema part = schema.field(field.getKey()).orElse(Schema.ANY);
          JsonNode present = object.get(field.getKey());
          JsonNode standard = part.keyword("default");
          boolean nullable = part.keyword("nullable").asBoolean();
          if (!standard.isMissingNode() && (present == null || (present.isNull() && !nullable))) {
            object.set(field.getKey(), standard.deepCopy());
          }
        }
        dropNulls(object, schema);
        object
            .properties()
            .forEach(field ->
                schema.field(field.getKey()).ifPresent(part -> fill(field.getValue(), part)));
      }
      case ArrayNode list -> list.forEach(element -> fill(element, schema.items()));
      default -> {} // a scalar
    }
  }

  /** Null stands for nothing where a field may not be null. */
  private static void dropNulls(ObjectNode object, Schema schema) {
    List<String> nothing = new ArrayList<>();
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      if (field.getValue().isNull()
          && schema
              .field(field.getKey())
              .filter(part -> !part.equals(Schema.ANY) && !part.keyword("nullable").asBoolean())
              .isPresent()) {
        nothing.add(field.getKey());
      }
    }
    if (!nothing.isEmpty()) {
      object.remove(nothing);
    }
  }
}
