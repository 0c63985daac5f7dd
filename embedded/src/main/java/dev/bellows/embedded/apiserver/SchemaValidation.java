package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.function.Consumer;

/**
 * Judges an object by the schema of its CustomResourceDefinition, in kube-apiserver's words. Of an
 * update, only what has changed is judged: what was stored before the schema became stricter stays
 * valid while nobody touches it.
 */
final class SchemaValidation {
  /** Causes that one answer holds. */
  private static final int MAX_CAUSES = 100;

  /** What is so wrong that an expression could not count on types and sizes. */
  private static final Set<String> UNTYPED =
      Set.of(
          "FieldValueRequired",
          "FieldValueTypeInvalid",
          "FieldValueNotSupported",
          "FieldValueTooLong",
          "FieldValueTooMany");

  private final List<Cause> causes;

  private SchemaValidation(List<Cause> causes) {
    this.causes = causes;
  }

  /**
   * Adds what is wrong, with the rules in expressions last.
   *
   * @param old what the object was; missing if it is new
   * @param warnings take what is wrong, but was so before
   */
  static void validate(
      ObjectNode object,
      JsonNode old,
      Resource resource,
      List<Cause> causes,
      Consumer<String> warnings) {
    List<Cause> found = new ArrayList<>();
    validate(object, old, resource.schema(), found);
    resource
        .shape()
        .rules(resource.type().version())
        .ifPresent(rules -> {
          if (found.stream().anyMatch(cause -> UNTYPED.contains(cause.reason()))) {
            found.add(
                new Cause(
                    "FieldValueInvalid",
                    ValidationRules.shown(""),
                    "Invalid value: null: some validation rules were not checked because the"
                        + " object was invalid; correct the existing errors to complete"
                        + " validation"));
          } else {
            rules.judge(object, old, found, warnings);
          }
        });
    causes.addAll(found);
  }

  /** Adds what is wrong by the schema's other keywords. */
  static void validate(ObjectNode object, JsonNode old, Schema schema, List<Cause> causes) {
    SchemaValidation validation = new SchemaValidation(causes);
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      if (!field.getKey().equals("metadata")) {
        schema
            .field(field.getKey())
            .ifPresent(part ->
                validation.value(field.getValue(), old.path(field.getKey()), part, field.getKey()));
      }
    }
    validation.required(object, schema, "");
  }

  private static boolean isValid(JsonNode value, JsonNode schema) {
    List<Cause> found = new ArrayList<>();
    new SchemaValidation(found).value(value, MissingNode.getInstance(), new Schema(schema), "");
    return found.isEmpty();
  }

  private void invalid(String path, JsonNode value, String detail) {
    add(Cause.invalid(path, value, path + " in body " + detail));
  }

  private void add(Cause cause) {
    if (causes.size() < MAX_CAUSES) {
      causes.add(cause);
    }
  }

  private void value(JsonNode value, JsonNode old, Schema schema, String path) {
    if (!old.isMissingNode() && Json.same(value, old)) {
      return;
    }
    if (value.isNull()) {
      if (!schema.keyword("nullable").asBoolean() && !schema.type().isEmpty()) {
        add(
            new Cause(
                "FieldValueTypeInvalid",
                path,
                "Invalid value: \"null\": "
                    + path
                    + " in body must be of type "
                    + schema.type()
                    + ": \"null\""));
      }
      return;
    }
    if (!hasType(value, schema)) {
      String type = schema.isIntOrString() ? "integer,string" : schema.type();
      add(
          new Cause(
              "FieldValueTypeInvalid",
              path,
              "Invalid value: "
                  + shown(value)
                  + ": "
                  + path
                  + " in body must be of type "
                  + type
                  + ": "
                  + shown(value)));
      return;
    }
    enumeration(value, schema, path);
    combined(value, schema, path);
    switch (value) {
      case ObjectNode object -> object(object, old, schema, path);
      case ArrayNode list -> list(list, old, schema, path);
      case JsonNode text when text.isTextual() -> text(text, schema, path);
      case JsonNode number when number.isNumber() -> number(number, schema, path);
      default -> {} // a boolean is either
    }
  }

  private static String shown(JsonNode value) {
    return switch (value.getNodeType()) {
      case OBJECT -> "\"object\"";
      case ARRAY -> "\"array\"";
      case BOOLEAN -> "\"boolean\"";
      case NUMBER -> value.isIntegralNumber() ? "\"integer\"" : "\"number\"";
      default -> "\"string\"";
    };
  }

  private static boolean hasType(JsonNode value, Schema schema) {
    if (schema.isIntOrString()) {
      return value.isIntegralNumber() || value.isTextual();
    }
    return switch (schema.type()) {
      case "object" -> value.isObject();
      case "array" -> value.isArray();
      case "string" -> value.isTextual();
      case "boolean" -> value.isBoolean();
      case "integer" ->
          value.isIntegralNumber()
              || (value.isNumber() && value.decimalValue().stripTrailingZeros().scale() <= 0);
      case "number" -> value.isNumber();
      default -> true;
    };
  }

  private void enumeration(JsonNode value, Schema schema, String path) {
    JsonNode choices = schema.keyword("enum");
    if (choices.isMissingNode()) {
      return;
    }
    StringJoiner names = new StringJoiner(", ");
    for (JsonNode choice : choices) {
      if (Json.same(choice, value)) {
        return;
      }
      names.add(choice.toString());
    }
    add(
        new Cause(
            "FieldValueNotSupported",
            path,
            "Unsupported value: " + value + ": supported values: " + names));
  }

  private void combined(JsonNode value, Schema schema, String path) {
    if (schema.isIntOrString()) {
      return; // its own anyOf says only what was checked already
    }
    for (JsonNode part : schema.keyword("allOf")) {
      if (!isValid(value, part)) {
        invalid(path, value, "must validate all the schemas (allOf)");
      }
    }
    if (schema.keyword("anyOf") instanceof ArrayNode any) {
      boolean valid = false;
      for (JsonNode part : any) {
        valid |= isValid(value, part);
      }
      if (!valid) {
        invalid(path, value, "must validate at least one schema (anyOf)");
      }
    }
    if (schema.keyword("oneOf") instanceof ArrayNode one) {
      int valid = 0;
      for (JsonNode part : one) {
        valid += isValid(value, part) ? 1 : 0;
      }
      if (valid != 1) {
        invalid(
            path,
            value,
            "must validate one and only one schema (oneOf). "
                + (valid == 0 ? "Found none valid" : "Found " + valid + " valid alternatives"));
      }
    }
    if (schema.keyword("not").isObject() && isValid(value, schema.keyword("not"))) {
      invalid(path, value, "must not validate the schema (not)");
    }
  }

  private void object(ObjectNode object, JsonNode old, Schema schema, String path) {
    required(object, schema, path);
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      String at =
          schema.names(field.getKey()) || path.isEmpty()
              ? (path.isEmpty() ? field.getKey() : path + "." + field.getKey())
              : path + "." + field.getKey();
      schema
          .field(field.getKey())
          .filter(part -> !part.equals(Schema.ANY))
          .ifPresent(part -> value(field.getValue(), old.path(field.getKey()), part, at));
    }
    size(object, object.size(), "Properties", "properties", schema, path);
  }

  private void required(ObjectNode object, Schema schema, String path) {
    for (JsonNode name : schema.keyword("required")) {
      if (!object.has(name.asText())) {
        String at = path.isEmpty() ? name.asText() : path + "." + name.asText();
        add(Cause.required(at, ""));
      }
    }
  }

  private void list(ArrayNode list, JsonNode old, Schema schema, String path) {
    List<String> elements = new ArrayList<>();
    if (schema.listKind() != Schema.ListKind.ATOMIC) {
      list.forEach(each -> elements.add(FieldSet.element(each, schema)));
    }
    Map<String, JsonNode> before = new HashMap<>();
    if (schema.listKind() == Schema.ListKind.MAP) {
      old.forEach(each -> before.put(FieldSet.element(each, schema), each));
    }
    for (int i = 0; i < list.size(); i++) {
      JsonNode item = list.get(i);
      JsonNode was =
          before.isEmpty()
              ? MissingNode.getInstance()
              : before.getOrDefault(elements.get(i), MissingNode.getInstance());
      value(item, was, schema.items(), path + "[" + i + "]");
    }
    size(list, list.size(), "Items", "items", schema, path);
    Set<String> keys = new HashSet<>();
    for (int i = 0; i < elements.size(); i++) {
      String key = elements.get(i);
      if (!keys.add(key)) {
        add(
            new Cause(
                "FieldValueDuplicate",
                path + "[" + i + "]",
                "Duplicate value: " + key.substring(2)));
      }
    }
  }

  private void size(
      JsonNode value, int size, String keyword, String word, Schema schema, String path) {
    JsonNode most = schema.keyword("max" + keyword);
    if (most.isNumber() && size > most.asInt()) {
      add(
          new Cause(
              "FieldValueTooMany",
              path,
              "Too many: " + size + ": must have at most " + most.asInt() + " " + word));
    }
    JsonNode least = schema.keyword("min" + keyword);
    if (least.isNumber() && size < least.asInt()) {
      invalid(path, value, "should have at least " + least.asInt() + " " + word);
    }
  }

  private void text(JsonNode value, Schema schema, String path) {
    String text = value.asText();
    int length = text.codePointCount(0, text.length());
    JsonNode most = schema.keyword("maxLength");
    if (most.isNumber() && length > most.asInt()) {
      add(
          new Cause(
              "FieldValueTooLong",
              path,
              "Too long: may not be more than " + most.asInt() + " bytes"));
    }
    JsonNode least = schema.keyword("minLength");
    if (least.isNumber() && length < least.asInt()) {
      invalid(path, value, "should be at least " + least.asInt() + " chars long");
    }
    String pattern = schema.keyword("pattern").asText("");
    if (!pattern.isEmpty() && !matches(pattern, text)) {
      invalid(path, value, "should match '" + pattern + "'");
    }
  }

  private static boolean matches(String pattern, String text) {
    try {
      return Pattern.compile(pattern).matcher(text).find();
    } catch (PatternSyntaxException e) {
      return true; // definitions with such a pattern are refused
    }
  }

  private void number(JsonNode value, Schema schema, String path) {
    if ((schema.isInteger() || schema.isIntOrString()) && !schema.inRange(value)) {
      invalid(path, value, "should be within the range of " + schema.integerFormat());
      return;
    }
    BigDecimal number = value.decimalValue();
    JsonNode least = schema.keyword("minimum");
    if (least.isNumber()) {
      int order = number.compareTo(least.decimalValue());
      boolean exclusive = schema.keyword("exclusiveMinimum").asBoolean();
      if (order < 0 || (order == 0 && exclusive)) {
        invalid(
            path,
            value,
            "should be greater than " + (exclusive ? "" : "or equal to ") + least.asText());
      }
    }
    JsonNode most = schema.keyword("maximum");
    if (most.isNumber()) {
      int order = number.compareTo(most.decimalValue());
      boolean exclusive = schema.keyword("exclusiveMaximum").asBoolean();
      if (order > 0 || (order == 0 && exclusive)) {
        invalid(
            path,
            value,
            "should be less than " + (exclusive ? "" : "or equal to ") + most.asText());
      }
    }
    JsonNode step = schema.keyword("multipleOf");
    if (step.isNumber() && number.remainder(step.decimalValue()).signum() != 0) {
      invalid(path, value, "should be a multiple of " + step.asText());
    }
  }
}
