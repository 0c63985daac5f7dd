package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a value may be, as OpenAPI says it: of a built-in kind or of a CustomResourceDefinition. A
 * view of the schema's own text; parts are made when they are first asked for.
 */
final class Schema {
  /** Anything at all. */
  static final Schema ANY =
      new Schema(Json.object().put("x-kubernetes-preserve-unknown-fields", true));

  /** How the elements of a list are told apart. */
  enum ListKind {
    /** The list is one value. */
    ATOMIC,
    /** Elements are scalars, each at most once. */
    SET,
    /** Elements are objects, told apart by keys. */
    MAP
  }

  private final JsonNode own;
  private final JsonNode target;
  private final ConcurrentHashMap<String, Schema> properties = new ConcurrentHashMap<>();
  private volatile Optional<Schema> items = Optional.empty();
  private volatile Optional<Schema> values = Optional.empty();

  Schema(JsonNode own) {
    this.own = own;
    String reference = own.path("$ref").isTextual() ? own.path("$ref").asText() : "";
    this.target =
        reference.isEmpty()
            ? MissingNode.getInstance()
            : Definitions.builtIn().node(reference.substring(Definitions.REFERENCE.length()));
  }

  /** A keyword: what stands beside a reference goes before what it refers to. */
  JsonNode keyword(String name) {
    JsonNode value = own.path(name);
    return value.isMissingNode() ? target.path(name) : value;
  }

  /** The definition that this refers to, empty if it stands for itself. */
  String reference() {
    return own.path("$ref").isTextual()
        ? own.path("$ref").asText().substring(Definitions.REFERENCE.length())
        : "";
  }

  /** {@code object}, {@code array}, {@code string}, …; empty if any type will do. */
  String type() {
    return keyword("type").asText("");
  }

  boolean isIntOrString() {
    return keyword("x-kubernetes-int-or-string").asBoolean()
        || keyword("format").asText("").equals("int-or-string");
  }

  boolean isInteger() {
    return type().equals("integer");
  }

  /** {@code int32} or {@code int64}. */
  String integerFormat() {
    return isIntOrString() || keyword("format").asText("").equals("int32") ? "int32" : "int64";
  }

  /** Whether a number is one that clients, which read it as that format, can hold. */
  boolean inRange(JsonNode number) {
    return integerFormat().equals("int32") ? number.canConvertToInt() : number.canConvertToLong();
  }

  /** Whether fields that the schema does not name are kept. */
  boolean preservesUnknown() {
    return keyword("x-kubernetes-preserve-unknown-fields").asBoolean();
  }

  /** Whether any field may stand here, by whichever keyword. */
  boolean allowsUnknown() {
    return preservesUnknown() || keyword("additionalProperties").asBoolean(false);
  }

  boolean isEmbeddedResource() {
    return keyword("x-kubernetes-embedded-resource").asBoolean();
  }

  /** Whether this describes a built-in kind or a part of one: their fields have numbers. */
  boolean isBuiltIn() {
    for (JsonNode field : keyword("properties")) {
      if (field.has("x-number")) {
        return true;
      }
    }
    return false;
  }

  /** Whether an object without the field is not valid. */
  boolean requires(String field) {
    for (JsonNode each : keyword("required")) {
      if (each.asText().equals(field)) {
        return true;
      }
    }
    return false;
  }

  boolean names(String field) {
    return keyword("properties").has(field);
  }

  /** The schema of a field, empty if the field is not known. */
  Optional<Schema> field(String name) {
    JsonNode part = keyword("properties").path(name);
    if (!part.isMissingNode()) {
      return Optional.of(properties.computeIfAbsent(name, none -> new Schema(part)));
    }
    JsonNode additional = keyword("additionalProperties");
    if (additional.isObject()) {
      if (values.isEmpty()) {
        values = Optional.of(new Schema(additional));
      }
      return values;
    }
    return additional.asBoolean(false) || preservesUnknown() ? Optional.of(ANY) : Optional.empty();
  }

  /** The schema of a list's elements. */
  Schema items() {
    if (items.isEmpty()) {
      JsonNode part = keyword("items");
      items = Optional.of(part.isObject() ? new Schema(part) : ANY);
    }
    return items.get();
  }

  ListKind listKind() {
    return switch (keyword("x-kubernetes-list-type").asText("")) {
      case "map" -> ListKind.MAP;
      case "set" -> ListKind.SET;
      default -> ListKind.ATOMIC;
    };
  }

  /** The fields that tell a list's elements apart. */
  List<String> listKeys() {
    List<String> keys = new ArrayList<>();
    keyword("x-kubernetes-list-map-keys").forEach(key -> keys.add(key.asText()));
    return keys;
  }

  boolean isAtomicMap() {
    return keyword("x-kubernetes-map-type").asText("").equals("atomic");
  }

  /** The key by which a strategic merge merges a list, empty if it replaces it. */
  String mergeKey() {
    return keyword("x-kubernetes-patch-merge-key").asText("");
  }

  /** Whether a strategic merge merges this list. */
  boolean isMergedList() {
    return List.of(keyword("x-kubernetes-patch-strategy").asText("").split(",", -1))
        .contains("merge");
  }
}
