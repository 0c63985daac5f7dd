package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A set of fields of an object, in the form of {@code FieldsV1}: a tree whose edges are {@code
 * f:name} (a field), {@code k:{…}} (a list's element by its keys) and {@code v:…} (an element by
 * its value). Immutable once made.
 */
final class FieldSet {
  static final FieldSet EMPTY = new FieldSet(false, new TreeMap<>());

  /** One place and nothing below it. */
  static final FieldSet LEAF = new FieldSet(true, new TreeMap<>());

  /** Fields that nobody owns: the server's, and what the object is found by. */
  private static final Set<String> UNOWNED_METADATA =
      Set.of(
          "name",
          "namespace",
          "creationTimestamp",
          "selfLink",
          "uid",
          "generation",
          "managedFields",
          "resourceVersion",
          "deletionTimestamp",
          "deletionGracePeriodSeconds");

  private final boolean member;
  private final SortedMap<String, FieldSet> children;

  private FieldSet(boolean member, SortedMap<String, FieldSet> children) {
    this.member = member;
    this.children = children;
  }

  /** Places below one that is not itself in the set. */
  static FieldSet node(SortedMap<String, FieldSet> children) {
    return new FieldSet(false, children);
  }

  /** Whether the place itself is in the set, besides what is below it. */
  boolean isMember() {
    return member;
  }

  Map<String, FieldSet> children() {
    return children;
  }

  boolean isEmpty() {
    return !member && children.isEmpty();
  }

  /** Reads {@code fieldsV1}. */
  static FieldSet of(JsonNode fieldsV1) {
    TreeMap<String, FieldSet> children = new TreeMap<>();
    boolean member = fieldsV1.isEmpty();
    for (Map.Entry<String, JsonNode> field : fieldsV1.properties()) {
      if (field.getKey().equals(".")) {
        member = true;
      } else {
        children.put(field.getKey(), of(field.getValue()));
      }
    }
    return new FieldSet(member, children);
  }

  /** Reads {@code fieldsV1}; the parser stands at its first brace, and then at its last. */
  static FieldSet read(JsonParser parser) throws IOException {
    if (!parser.isExpectedStartObjectToken()) {
      parser.skipChildren();
      return LEAF;
    }
    TreeMap<String, FieldSet> children = new TreeMap<>();
    boolean member = false;
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      parser.nextToken();
      FieldSet child = read(parser);
      if (name.equals(".")) {
        member = true;
      } else {
        children.put(name, child);
      }
    }
    return children.isEmpty() ? LEAF : new FieldSet(member, children);
  }

  /** Writes {@code fieldsV1}. */
  void write(JsonGenerator generator) throws IOException {
    generator.writeStartObject();
    if (member && !children.isEmpty()) {
      generator.writeObjectFieldStart(".");
      generator.writeEndObject();
    }
    for (Map.Entry<String, FieldSet> child : children.entrySet()) {
      generator.writeFieldName(child.getKey());
      child.getValue().write(generator);
    }
    generator.writeEndObject();
  }

  /** As {@code fieldsV1}. */
  ObjectNode json() {
    ObjectNode json = Json.object();
    if (member && !children.isEmpty()) {
      json.putObject(".");
    }
    children.forEach((element, child) -> json.set(element, child.json()));
    return json;
  }

  /** Which places of an object count. */
  private enum Places {
    /** The values: what an apply asks for. */
    VALUES,
    /** Also the maps and lists that hold them, where they can be absent: what an update changes. */
    HOLDERS_TOO
  }

  /** All fields that an object sets. */
  static FieldSet of(ObjectNode object, Schema schema) {
    return of(object, schema, Places.VALUES);
  }

  /** All fields that an object sets, and the maps and lists that it would not need to have. */
  static FieldSet withHolders(ObjectNode object, Schema schema) {
    return of(object, schema, Places.HOLDERS_TOO);
  }

  private static FieldSet of(ObjectNode object, Schema schema, Places places) {
    TreeMap<String, FieldSet> children = new TreeMap<>();
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      String name = field.getKey();
      if (name.equals("apiVersion") || name.equals("kind")) {
        continue;
      }
      JsonNode value = field.getValue();
      if (name.equals("metadata") && value instanceof ObjectNode meta) {
        ObjectNode owned = Json.object();
        owned.setAll(meta);
        owned.remove(UNOWNED_METADATA);
        if (owned.isEmpty()) {
          continue;
        }
        value = owned;
      }
      Schema part = schema.field(name).orElse(Schema.ANY);
      FieldSet child = ofValue(value, part, places);
      boolean holder =
          places == Places.HOLDERS_TOO
              && !name.equals("metadata")
              && isHolder(value)
              && mayBeAbsent(schema, name, part);
      put(children, "f:" + name, holder ? child.withMember() : child);
    }
    return new FieldSet(false, children);
  }

  private static boolean isHolder(JsonNode value) {
    return value.isContainerNode() && !value.isEmpty();
  }

  /**
   * Whether a map or list is there only if someone has set it. A struct within a struct always is,
   * and so is a list that is required: Go writes them when they are empty, too.
   */
  private static boolean mayBeAbsent(Schema parent, String name, Schema part) {
    if (!parent.isBuiltIn()) {
      return true;
    }
    if (part.type().equals("array")) {
      return !parent.requires(name);
    }
    return part.reference().isEmpty() || part.keyword("x-pointer").asBoolean();
  }

  private static void put(Map<String, FieldSet> children, String element, FieldSet child) {
    if (!child.isEmpty()) {
      children.put(element, child);
    }
  }

  private static FieldSet ofValue(JsonNode value, Schema schema, Places places) {
    if (value instanceof ObjectNode object && !object.isEmpty() && !isAtomic(schema)) {
      TreeMap<String, FieldSet> children = new TreeMap<>();
      for (Map.Entry<String, JsonNode> field : object.properties()) {
        Schema part = schema.field(field.getKey()).orElse(Schema.ANY);
        FieldSet child = ofValue(field.getValue(), part, places);
        // The keys of a free map are data: each is owned in itself.
        boolean data = !schema.names(field.getKey());
        boolean holder =
            places == Places.HOLDERS_TOO
                && isHolder(field.getValue())
                && mayBeAbsent(schema, field.getKey(), part);
        put(children, "f:" + field.getKey(), data || holder ? child.withMember() : child);
      }
      return new FieldSet(false, children);
    }
    if (value instanceof ArrayNode list
        && !list.isEmpty()
        && schema.listKind() != Schema.ListKind.ATOMIC) {
      TreeMap<String, FieldSet> children = new TreeMap<>();
      for (JsonNode element : list) {
        FieldSet child =
            schema.listKind() == Schema.ListKind.MAP
                ? ofValue(element, schema.items(), places)
                : EMPTY;
        put(children, element(element, schema), child.withMember());
      }
      return new FieldSet(false, children);
    }
    return LEAF;
  }

  private FieldSet withMember() {
    return member ? this : new FieldSet(true, children);
  }

  static boolean isAtomic(Schema schema) {
    return schema.isAtomicMap();
  }

  /** The edge that leads to an element of a list of the schema. */
  static String element(JsonNode element, Schema list) {
    if (list.listKind() != Schema.ListKind.MAP) {
      return "v:" + element;
    }
    ObjectNode key = Json.object();
    for (String name : list.listKeys().stream().sorted().toList()) {
      JsonNode value = element.path(name);
      if (value.isMissingNode()) {
        value = list.items().field(name).orElse(Schema.ANY).keyword("default");
      }
      if (!value.isMissingNode()) {
        key.set(name, value);
      }
    }
    return "k:" + key;
  }

  FieldSet union(FieldSet other) {
    if (isEmpty()) {
      return other;
    }
    if (other.isEmpty()) {
      return this;
    }
    TreeMap<String, FieldSet> all = new TreeMap<>(children);
    other.children.forEach((element, child) -> all.merge(element, child, FieldSet::union));
    return new FieldSet(member || other.member, all);
  }

  FieldSet minus(FieldSet other) {
    if (!touches(other)) {
      return this;
    }
    TreeMap<String, FieldSet> left = new TreeMap<>(children);
    other.children.forEach((element, taken) ->
        left.computeIfPresent(
            element,
            (_, child) -> {
              FieldSet rest = child.minus(taken);
              return rest.isEmpty() ? null : rest;
            }));
    return new FieldSet(member && !other.member, left);
  }

  /** Whether the sets have a place in common, or places with a common part of their ways. */
  private boolean touches(FieldSet other) {
    if (member && other.member) {
      return true;
    }
    for (String element : other.children.keySet()) {
      if (children.containsKey(element)) {
        return true;
      }
    }
    return false;
  }

  FieldSet intersection(FieldSet other) {
    TreeMap<String, FieldSet> both = new TreeMap<>();
    children.forEach((element, child) -> {
      FieldSet theirs = other.children.get(element);
      if (theirs != null) {
        put(both, element, child.intersection(theirs));
      }
    });
    return new FieldSet(member && other.member, both);
  }

  /** The places in the set, as conflicts name them: {@code .spec.containers[name="web"].image}. */
  List<String> paths() {
    List<String> paths = new ArrayList<>();
    collect("", paths);
    return paths;
  }

  private void collect(String path, List<String> paths) {
    if (member) {
      paths.add(path);
    }
    children.forEach((element, child) -> child.collect(path + shown(element), paths));
  }

  private static String shown(String element) {
    String rest = element.substring(2);
    return switch (element.charAt(0)) {
      case 'f' -> "." + rest;
      case 'k' -> {
        List<String> keys = new ArrayList<>();
        Json.read(rest.getBytes(StandardCharsets.UTF_8))
            .properties()
            .forEach(key -> keys.add(key.getKey() + "=" + key.getValue()));
        yield "[" + String.join(",", keys) + "]";
      }
      default -> "[=" + rest + "]";
    };
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof FieldSet set && member == set.member && children.equals(set.children);
  }

  @Override
  public int hashCode() {
    return children.hashCode() * 2 + (member ? 1 : 0);
  }

  @Override
  public String toString() {
    return json().toString();
  }
}
