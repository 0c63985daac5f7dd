package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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

  private static final Optional<Schema> ANYTHING = Optional.of(ANY);

  private final JsonNode own;
  private final JsonNode target;
  private final String reference;
  private final String type;
  private final boolean intOrString;
  private final boolean int32;
  private final boolean preservesUnknown;
  private final boolean embeddedResource;
  private final boolean atomicMap;
  private final ListKind listKind;
  private final List<String> listKeys;
  private final JsonNode named;
  private final JsonNode additional;
  private final Set<String> required;
  private final boolean builtIn;
  private final ConcurrentHashMap<String, Optional<Schema>> properties = new ConcurrentHashMap<>();
  private volatile Optional<Schema> items = Optional.empty();
  private volatile Optional<Schema> values = Optional.empty();

  Schema(JsonNode own) {
    this.own = own;
    this.reference =
        own.path("$ref").isTextual()
            ? own.path("$ref").asText().substring(Definitions.REFERENCE.length())
            : "";
    this.target =
        reference.isEmpty() ? MissingNode.getInstance() : Definitions.builtIn().node(reference);
    this.type = keyword("type").asText("");
    String format = keyword("format").asText("");
    this.intOrString =
        keyword("x-kubernetes-int-or-string").asBoolean() || format.equals("int-or-string");
    this.int32 = intOrString || format.equals("int32");
    this.preservesUnknown = keyword("x-kubernetes-preserve-unknown-fields").asBoolean();
    this.embeddedResource = keyword("x-kubernetes-embedded-resource").asBoolean();
    this.atomicMap = keyword("x-kubernetes-map-type").asText("").equals("atomic");
    this.listKind =
        switch (keyword("x-kubernetes-list-type").asText("")) {
          case "map" -> ListKind.MAP;
          case "set" -> ListKind.SET;
          default -> ListKind.ATOMIC;
        };
    this.listKeys = texts(keyword("x-kubernetes-list-map-keys"));
    this.named = keyword("properties");
    this.additional = keyword("additionalProperties");
    this.required = Set.copyOf(texts(keyword("required")));
    this.builtIn = hasNumber(named);
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(each -> texts.add(each.asText()));
    return List.copyOf(texts);
  }

  private static boolean hasNumber(JsonNode properties) {
    for (JsonNode field : properties) {
      if (field.has("x-number")) {
        return true;
      }
    }
    return false;
  }

  /** A keyword: what stands beside a reference goes before what it refers to. */
  JsonNode keyword(String name) {
    JsonNode value = own.path(name);
    return value.isMissingNode() ? target.path(name) : value;
  }

  /** The definition that this refers to, empty if it stands for itself. */
  String reference() {
    return reference;
  }

  /** {@code object}, {@code array}, {@code string}, …; empty if any type will do. */
  String type() {
    return type;
  }

  boolean isIntOrString() {
    return intOrString;
  }

  boolean isInteger() {
    return type.equals("integer");
  }

  /** {@code int32} or {@code int64}. */
  String integerFormat() {
    return int32 ? "int32" : "int64";
  }

  /** Whether a number is one that clients, which read it as that format, can hold. */
  boolean inRange(JsonNode number) {
    return integerFormat().equals("int32") ? number.canConvertToInt() : number.canConvertToLong();
  }

  /** Whether fields that the schema does not name are kept. */
  boolean preservesUnknown() {
    return preservesUnknown;
  }

  /** Whether any field may stand here, by whichever keyword. */
  boolean allowsUnknown() {
    return preservesUnknown || additional.asBoolean(false);
  }

  boolean isEmbeddedResource() {
    return embeddedResource;
  }

  /** Whether this describes a built-in kind or a part of one: their fields have numbers. */
  boolean isBuiltIn() {
    return builtIn;
  }

  /** Whether an object without the field is not valid. */
  boolean requires(String field) {
    return required.contains(field);
  }

  boolean names(String field) {
    return named.has(field);
  }

  /** The schema of a field, empty if the field is not known. */
  Optional<Schema> field(String name) {
    Optional<Schema> made = properties.get(name);
    if (made != null) {
      return made;
    }
    JsonNode part = named.path(name);
    if (!part.isMissingNode()) {
      return properties.computeIfAbsent(name, none -> Optional.of(new Schema(part)));
    }
    if (additional.isObject()) {
      if (values.isEmpty()) {
        values = Optional.of(new Schema(additional));
      }
      return values;
    }
    return allowsUnknown() ? ANYTHING : Optional.empty();
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
    return listKind;
  }

  /** The fields that tell a list's elements apart. */
  List<String> listKeys() {
    return listKeys;
  }

  boolean isAtomicMap() {
    return atomicMap;
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
