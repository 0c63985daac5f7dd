package dev.bellows.embedded.cel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How large what a schema describes can get, as Kubernetes guesses it: by the schema's own bounds,
 * or else by what fits into a request.
 */
public final class SchemaSizes {
  /** Of a request, in bytes: what has no other bound is no larger. */
  static final long MAX_REQUEST = 3L << 20;

  /** Of a character. */
  private static final long BYTES = 4;

  /** The braces, brackets or quotes around a value. */
  private static final long AROUND = 2;

  /** What stands around a name and its value: quotes, a colon, a comma. */
  private static final long PER_FIELD = 4;

  /** Of a map's keys. */
  private static final JsonNode KEY = JsonNodeFactory.instance.objectNode().put("type", "string");

  private SchemaSizes() {}

  /** Elements of a list or map, bytes of a text; 0 of what has no size of its own. */
  static long elements(JsonNode schema) {
    return switch (schema.path("type").asText("")) {
      case "array" ->
          bound(schema, "maxItems", (MAX_REQUEST - AROUND) / (smallest(schema.path("items")) + 1));
      case "object" -> {
        JsonNode values = schema.path("additionalProperties");
        yield values.isObject()
            ? bound(
                schema,
                "maxProperties",
                (MAX_REQUEST - AROUND) / (smallest(values) + AROUND + PER_FIELD))
            : 0;
      }
      case "string" -> text(schema);
      default -> 0;
    };
  }

  private static long text(JsonNode schema) {
    if (schema.path("maxLength").isNumber()) {
      return BYTES * schema.path("maxLength").asLong();
    }
    if (!schema.path("enum").isEmpty()) {
      long longest = 0;
      for (JsonNode each : schema.path("enum")) {
        longest = Math.max(longest, each.asText().length());
      }
      return BYTES * longest;
    }
    return MAX_REQUEST - AROUND;
  }

  private static long bound(JsonNode schema, String keyword, long otherwise) {
    return schema.path(keyword).isNumber() ? schema.path(keyword).asLong() : otherwise;
  }

  /** The least bytes that a value takes in a request. */
  static long smallest(JsonNode schema) {
    return switch (schema.path("type").asText("")) {
      case "boolean" -> "true".length();
      case "array", "string" -> AROUND;
      case "object" -> {
        long least = AROUND;
        for (JsonNode name : schema.path("required")) {
          JsonNode field = schema.path("properties").path(name.asText());
          boolean given = field.has("default") || field.isMissingNode();
          least += given ? 0 : name.asText().length() + PER_FIELD + smallest(field);
        }
        yield least;
      }
      default -> 1;
    };
  }

  /** How often something of a schema can be in a request, whatever it is part of. */
  public static long most(JsonNode schema) {
    return MAX_REQUEST / (smallest(schema) + 1);
  }

  /** How many parts of its kind a list or map has at most; empty if it does not say. */
  public static Optional<Long> parts(JsonNode schema) {
    for (String keyword : List.of("maxItems", "maxProperties")) {
      if (schema.path(keyword).isNumber()) {
        return Optional.of(schema.path(keyword).asLong());
      }
    }
    return Optional.empty();
  }

  /** The schema at the end of a path; empty if there is none. */
  static Optional<JsonNode> at(JsonNode root, List<String> path) {
    JsonNode here = root;
    for (String step : path) {
      here =
          switch (step) {
            case CostEstimate.ELEMENTS ->
                here.path("items").isObject()
                    ? here.path("items")
                    : here.path("additionalProperties");
            case CostEstimate.KEYS -> KEY;
            default -> field(here, step);
          };
      if (!here.isObject()) {
        return Optional.empty();
      }
    }
    return Optional.of(here);
  }

  private static JsonNode field(JsonNode object, String escaped) {
    for (Map.Entry<String, JsonNode> field : object.path("properties").properties()) {
      boolean named =
          field.getKey().equals(escaped)
              || FieldNames.escape(field.getKey()).filter(escaped::equals).isPresent();
      if (named) {
        return field.getValue();
      }
    }
    return MissingNode.getInstance();
  }
}
