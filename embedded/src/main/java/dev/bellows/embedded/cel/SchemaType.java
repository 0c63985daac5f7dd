package dev.bellows.embedded.cel;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableMap;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;
import dev.cel.common.values.CelByteString;
import dev.cel.common.values.NullValue;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.threeten.extra.AmountFormats;

/**
 * The type of what a structural schema describes, and how its JSON becomes values of that type. As
 * in Kubernetes, fields that the schema does not name cannot be seen, and what may be an integer or
 * a string is dynamic.
 */
public sealed interface SchemaType {
  /** As the compiler knows it. */
  CelType type();

  /** As expressions see it. */
  Object value(JsonNode json);

  /** Adds the structs in it by their names. */
  default void collect(Map<String, CelType> structs) {}

  /** The type of a whole object: what every object has is there, whatever the schema says. */
  static Optional<SchemaType> ofObject(JsonNode schema) {
    return of(schema, "selfType", true);
  }

  /** The type of a part; empty if the schema leaves it open. */
  static Optional<SchemaType> of(JsonNode schema) {
    return of(schema, "selfType", false);
  }

  private static Optional<SchemaType> of(JsonNode schema, String name, boolean whole) {
    if (schema.path("x-kubernetes-int-or-string").asBoolean()) {
      return Optional.of(new Scalar(SimpleType.DYN));
    }
    return switch (schema.path("type").asText("")) {
      case "array" ->
          of(schema.path("items"), name + ".@idx", false)
              .map(items ->
                  new Items(items, schema.path("x-kubernetes-list-type").asText(""), keys(schema)));
      case "object" -> object(schema, name, whole);
      case "string" -> Optional.of(new Scalar(text(schema.path("format").asText(""))));
      case "boolean" -> Optional.of(new Scalar(SimpleType.BOOL));
      case "integer" -> Optional.of(new Scalar(SimpleType.INT));
      case "number" -> Optional.of(new Scalar(SimpleType.DOUBLE));
      default -> Optional.empty();
    };
  }

  /** Of a list's elements, in the spelling of expressions. */
  private static List<String> keys(JsonNode schema) {
    List<String> keys = new ArrayList<>();
    schema
        .path("x-kubernetes-list-map-keys")
        .forEach(key -> keys.add(FieldNames.escape(key.asText()).orElse(key.asText())));
    return keys;
  }

  private static Optional<SchemaType> object(JsonNode schema, String name, boolean whole) {
    if (schema.path("additionalProperties").isObject()) {
      return of(schema.path("additionalProperties"), name + ".@elem", false).map(Values::new);
    }
    Map<String, SchemaType> fields = new TreeMap<>();
    for (Map.Entry<String, JsonNode> field : schema.path("properties").properties()) {
      of(field.getValue(), name + "." + field.getKey(), false)
          .ifPresent(type -> fields.put(field.getKey(), type));
    }
    if (whole || schema.path("x-kubernetes-embedded-resource").asBoolean()) {
      SchemaType text = new Scalar(SimpleType.STRING);
      fields.put("apiVersion", text);
      fields.put("kind", text);
      fields.put(
          "metadata", Fields.of(name + ".metadata", Map.of("name", text, "generateName", text)));
    }
    return Optional.of(Fields.of(name, fields));
  }

  private static CelType text(String format) {
    return switch (format) {
      case "byte" -> SimpleType.BYTES;
      case "duration" -> SimpleType.DURATION;
      case "date", "date-time" -> SimpleType.TIMESTAMP;
      default -> SimpleType.STRING;
    };
  }

  /** A value without parts. */
  record Scalar(CelType type) implements SchemaType {
    @Override
    public Object value(JsonNode json) {
      if (type.equals(SimpleType.DOUBLE) && json.isNumber()) {
        return json.asDouble();
      }
      if (type.equals(SimpleType.INT) && json.isNumber()) {
        return json.asLong(); // 2.0 is an integer, too
      }
      if (json.isTextual()) {
        try {
          return text(json.asText());
        } catch (DateTimeParseException | IllegalArgumentException e) {
          return json.asText(); // not of its format: the expression that looks at it fails
        }
      }
      return untyped(json);
    }

    private Object text(String text) {
      if (type.equals(SimpleType.BYTES)) {
        return CelByteString.of(Base64.getDecoder().decode(text));
      }
      if (type.equals(SimpleType.DURATION)) {
        return AmountFormats.parseUnitBasedDuration(text);
      }
      if (type.equals(SimpleType.TIMESTAMP)) {
        return text.length() == "2006-01-02".length()
            ? LocalDate.parse(text).atStartOfDay().toInstant(ZoneOffset.UTC)
            : (Object) OffsetDateTime.parse(text).toInstant();
      }
      return text;
    }
  }

  /**
   * A list.
   *
   * @param kind {@code set}, {@code map} or any other
   * @param keys of the elements, if it is a map
   */
  record Items(SchemaType items, String kind, List<String> keys) implements SchemaType {
    @Override
    public CelType type() {
      return ListType.create(items.type());
    }

    @Override
    public Object value(JsonNode json) {
      List<Object> values = new ArrayList<>(json.size());
      json.forEach(item -> values.add(items.value(item)));
      return switch (kind) {
        case "set" -> new AssociativeList(values, Optional.empty());
        case "map" -> new AssociativeList(values, Optional.of(keys));
        default -> Collections.unmodifiableList(values);
      };
    }

    @Override
    public void collect(Map<String, CelType> structs) {
      items.collect(structs);
    }
  }

  /** An object that may have any field. */
  record Values(SchemaType values) implements SchemaType {
    @Override
    public CelType type() {
      return MapType.create(SimpleType.STRING, values.type());
    }

    @Override
    public Object value(JsonNode json) {
      Map<String, Object> made = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> field : json.properties()) {
        made.put(field.getKey(), values.value(field.getValue()));
      }
      return Collections.unmodifiableMap(made);
    }

    @Override
    public void collect(Map<String, CelType> structs) {
      values.collect(structs);
    }
  }

  /**
   * An object with fields of its own.
   *
   * @param fields by their names in JSON
   */
  record Fields(StructType type, Map<String, SchemaType> fields) implements SchemaType {
    static Fields of(String name, Map<String, SchemaType> fields) {
      Map<String, CelType> types = new TreeMap<>();
      fields.forEach((field, type) -> {
        FieldNames.escape(field).ifPresent(escaped -> types.put(escaped, type.type()));
        if (FieldNames.isReserved(field)) {
          types.put(field, type.type());
        }
      });
      ImmutableMap<String, CelType> known = ImmutableMap.copyOf(types);
      StructType struct =
          StructType.create(name, known.keySet(), field -> Optional.ofNullable(known.get(field)));
      return new Fields(struct, Map.copyOf(fields));
    }

    @Override
    public Object value(JsonNode json) {
      Map<String, Object> made = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> field : json.properties()) {
        SchemaType part = fields.get(field.getKey());
        if (part != null && !field.getValue().isNull()) {
          Object value = part.value(field.getValue());
          FieldNames.escape(field.getKey()).ifPresent(escaped -> made.put(escaped, value));
          if (FieldNames.isReserved(field.getKey())) {
            made.put(field.getKey(), value);
          }
        }
      }
      return Collections.unmodifiableMap(made);
    }

    @Override
    public void collect(Map<String, CelType> structs) {
      structs.put(type.name(), type);
      fields.values().forEach(part -> part.collect(structs));
    }
  }

  /** JSON of which no schema is known; null stands for what is missing. */
  static Object untyped(JsonNode json) {
    return switch (json.getNodeType()) {
      case OBJECT -> {
        Map<String, Object> made = new LinkedHashMap<>();
        json.properties().forEach(field -> made.put(field.getKey(), untyped(field.getValue())));
        yield Collections.unmodifiableMap(made);
      }
      case ARRAY -> {
        List<Object> made = new ArrayList<>(json.size());
        json.forEach(item -> made.add(untyped(item)));
        yield Collections.unmodifiableList(made);
      }
      case BOOLEAN -> json.asBoolean();
      case NUMBER ->
          json.isIntegralNumber() && json.canConvertToLong()
              ? (Object) json.asLong()
              : json.asDouble();
      case STRING -> json.asText();
      default -> NullValue.NULL_VALUE; // also of what is missing
    };
  }
}
