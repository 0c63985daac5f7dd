package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.bellows.api.quantity.ResourceAmount;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Brings an object into the shape of its kind: drops fields that the kind does not have, noting
 * them, and refuses values of a wrong type where the kind is built in (a custom kind's are judged
 * by its schema, with all else that is wrong).
 */
final class FieldCheck {
  private static final String QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity";

  /** Unknown fields that one answer names; more are dropped unnamed. */
  private static final int MAX_NAMED = 100;

  private final List<String> unknown = new ArrayList<>();

  /** The way to where the check is: names of fields and places in lists. */
  private final List<Object> way = new ArrayList<>();

  private final String kind;
  private final String version;

  private FieldCheck(String kind, String version) {
    this.kind = kind;
    this.version = version;
  }

  /**
   * Prunes in place.
   *
   * @return the paths of the fields that were dropped
   * @throws ApiException 400 if a built-in field has a value of another type
   */
  static List<String> prune(Resource resource, ObjectNode object) {
    FieldCheck check = new FieldCheck(resource.type().kind(), resource.type().version());
    if (resource.isCustom()) {
      check.custom(object, resource.schema(), true);
    } else {
      check.builtIn(object, resource.schema(), check.kind);
    }
    return check.unknown;
  }

  /** Notes the field to which the way leads. */
  private void note() {
    if (unknown.size() < MAX_NAMED) {
      unknown.add(path());
    }
  }

  private String path() {
    StringBuilder path = new StringBuilder();
    for (Object step : way) {
      if (step instanceof Integer place) {
        path.append('[').append(place.intValue()).append(']');
      } else {
        path.append(path.isEmpty() ? "" : ".").append(step);
      }
    }
    return path.toString();
  }

  private static List<String> names(ObjectNode object) {
    List<String> names = new ArrayList<>(object.size());
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  private void custom(ObjectNode object, Schema schema, boolean root) {
    for (String name : names(object)) {
      way.addLast(name);
      customField(object, name, schema, root);
      way.removeLast();
    }
  }

  private void customField(ObjectNode object, String name, Schema schema, boolean root) {
    if (root && name.equals("metadata")) {
      if (object.get(name) instanceof ObjectNode meta) {
        builtIn(meta, Definitions.builtIn().schema(Definitions.OBJECT_META), "ObjectMeta");
      }
      return;
    }
    boolean envelope =
        (root || schema.isEmbeddedResource())
            && (name.equals("apiVersion") || name.equals("kind") || name.equals("metadata"));
    if (envelope) {
      return;
    }
    Schema part = schema.field(name).orElse(Schema.ANY);
    if (!schema.names(name) && part.equals(Schema.ANY) && !schema.allowsUnknown()) {
      object.remove(name);
      note();
    } else {
      customValue(object.get(name), part);
    }
  }

  private void customValue(JsonNode value, Schema schema) {
    if (schema.equals(Schema.ANY)) {
      return;
    }
    switch (value) {
      case ObjectNode object -> custom(object, schema, false);
      case ArrayNode list -> {
        for (int i = 0; i < list.size(); i++) {
          way.addLast(i);
          customValue(list.get(i), schema.items());
          way.removeLast();
        }
      }
      default -> {} // a scalar has no fields
    }
  }

  private void builtIn(ObjectNode object, Schema schema, String struct) {
    for (String name : names(object)) {
      way.addLast(name);
      builtInField(object, name, schema, struct);
      way.removeLast();
    }
  }

  private void builtInField(ObjectNode object, String name, Schema schema, String struct) {
    Schema part = schema.field(name).orElse(null);
    if (part == null) {
      object.remove(name);
      note();
    } else if (object.get(name).isNull() && schema.names(name)) {
      object.remove(name); // to Go's decoder null is the same as nothing
    } else {
      object.set(name, builtInValue(object.get(name), part, struct));
    }
  }

  private JsonNode builtInValue(JsonNode value, Schema schema, String struct) {
    if (value instanceof UnreadList list && list.text().isPresent()) {
      return value; // it was stored, so it has its shape
    }
    if (schema.equals(Schema.ANY) || schema.preservesUnknown()) {
      return value;
    }
    if (schema.reference().equals(QUANTITY)) {
      require(value.isTextual() || value.isNumber(), value, schema, struct);
      return quantity(value.asText());
    }
    if (schema.isIntOrString()) {
      require(value.isTextual() || isWhole(value, schema), value, schema, struct);
      return value;
    }
    switch (schema.type()) {
      case "object" -> {
        if (!(value instanceof ObjectNode object)) {
          throw mismatch(value, schema, struct);
        }
        builtIn(object, schema, schema.reference().isEmpty() ? struct : simple(schema));
      }
      case "array" -> {
        if (!(value instanceof ArrayNode list)) {
          throw mismatch(value, schema, struct);
        }
        for (int i = 0; i < list.size(); i++) {
          way.addLast(i);
          list.set(i, builtInValue(list.get(i), schema.items(), struct));
          way.removeLast();
        }
      }
      case "string" -> {
        require(value.isTextual(), value, schema, struct);
        if (schema.keyword("format").asText("").equals("byte")) {
          requireBase64(value.asText());
        }
      }
      case "boolean" -> require(value.isBoolean(), value, schema, struct);
      case "integer" -> require(isWhole(value, schema), value, schema, struct);
      case "number" -> require(value.isNumber(), value, schema, struct);
      default -> {} // the schema leaves it open
    }
    return value;
  }

  /** An amount in the one form in which it is stored. */
  private JsonNode quantity(String text) {
    return new TextNode(
        ResourceAmount.parse(text)
            .map(ResourceAmount::toString)
            .orElseThrow(() ->
                cannotBeHandled(
                    kind,
                    version,
                    "quantities must match the regular expression"
                        + " '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")));
  }

  private void requireBase64(String text) {
    int read = 0;
    int padding = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\n' || c == '\r') {
        continue;
      }
      boolean letter = c < 128 && (Character.isLetterOrDigit(c) || c == '+' || c == '/');
      boolean fits = c == '=' ? read % 4 > 1 : letter && padding == 0;
      if (!fits) {
        throw illegalBase64(i);
      }
      padding += c == '=' ? 1 : 0;
      read++;
    }
    if (read % 4 != 0) {
      throw illegalBase64(text.length() - read % 4);
    }
  }

  private ApiException illegalBase64(int at) {
    return cannotBeHandled(kind, version, "illegal base64 data at input byte " + at);
  }

  private static boolean isWhole(JsonNode value, Schema schema) {
    return value.isIntegralNumber() && schema.inRange(value);
  }

  private void require(boolean fits, JsonNode value, Schema schema, String struct) {
    if (!fits) {
      throw mismatch(value, schema, struct);
    }
  }

  /** The words of Go's decoder, which kube-apiserver passes on. */
  private ApiException mismatch(JsonNode value, Schema schema, String struct) {
    return cannotBeHandled(
        kind,
        version,
        "json: cannot unmarshal "
            + jsonType(value, schema)
            + " into Go struct field "
            + struct
            + "."
            + path().replaceAll("\\[\\d+]", "")
            + " of type "
            + goType(schema));
  }

  static ApiException cannotBeHandled(String kind, String version, String why) {
    return ApiException.badRequest(
        kind + " in version \"" + version + "\" cannot be handled as a " + kind + ": " + why);
  }

  private static String jsonType(JsonNode value, Schema schema) {
    return switch (value.getNodeType()) {
      case OBJECT -> "object";
      case ARRAY -> "array";
      case STRING -> "string";
      case BOOLEAN -> "bool";
      case NUMBER ->
          "number" + (value.isIntegralNumber() && !schema.isInteger() ? "" : " " + value.asText());
      default -> "null";
    };
  }

  private static String goType(Schema schema) {
    return switch (schema.type()) {
      case "integer" -> schema.integerFormat();
      case "boolean" -> "bool";
      case "number" -> "float64";
      case "string" -> "string";
      case "array" -> "[]" + goType(schema.items());
      case "object" -> {
        if (schema.reference().isEmpty()) {
          yield "map[string]" + schema.field("x").map(FieldCheck::goType).orElse("string");
        }
        String[] parts = schema.reference().split("\\.", -1);
        yield parts[parts.length - 2] + "." + parts[parts.length - 1];
      }
      default -> simple(schema);
    };
  }

  private static String simple(Schema schema) {
    return schema.reference().substring(schema.reference().lastIndexOf('.') + 1);
  }

  /** How the finding is told: all in one refusal, or each in a warning. */
  static List<String> texts(List<String> unknown, List<String> duplicates) {
    List<String> texts = new ArrayList<>();
    for (Map.Entry<String, List<String>> each :
        List.of(Map.entry("duplicate", duplicates), Map.entry("unknown", unknown))) {
      each.getValue().forEach(path -> texts.add(each.getKey() + " field \"" + path + "\""));
    }
    return texts;
  }
}
