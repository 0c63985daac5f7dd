package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
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

  /** As {@code fieldsV1}. */
  ObjectNode json() {
    ObjectNode json = Json.object();
    if (member && !children.isEmpty()) {
      json.putObject(".");
    }
    children.forEach((element, child) -> json.set(element, child.json()));
    return json;
  }

  /** All fields that an object sets. */
  static FieldSet of(ObjectNode object, Schema schema) {
    TreeMap<String, FieldSet> children = new TreeMap<>();
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      String name = field.getKey();
      if (name.equals("apiVersion") || name.equals("kind")) {
        continue;
      }
      JsonNode value = field.getValue();
      if (name.equals("metadata") && value instanceof ObjectNode meta) {
        ObjectNode owned = meta.deepCopy();
        owned.remove(UNOWNED_METADATA);
        if (owned.isEmpty()) {
          continue;
        }
        value = owned;
      }
      FieldSet child = ofValue(value, schema.field(name).orElse(Schema.ANY));
      put(children, "f:" + name, child);
    }
    return new FieldSet(false, children);
  }

  private static void put(Map<String, FieldSet> children, String element, FieldSet child) {
    if (!child.isEmpty()) {
      children.put(element, child);
    }
  }

  private static FieldSet ofValue(JsonNode value, Schema schema) {
    if (value instanceof ObjectNode object && !object.isEmpty() && !isAtomic(schema)) {
      TreeMap<String, FieldSet> children = new TreeMap<>();
      for (Map.Entry<String, JsonNode> field : object.properties()) {
        FieldSet child = ofValue(field.getValue(), schema.field(field.getKey()).orElse(Schema.ANY));
        // The keys of a free map are data: each is owned in itself.
        boolean data = !schema.names(field.getKey());
        put(children, "f:" + field.getKey(), data ? child.withMember() : child);
      }
      return new FieldSet(false, children);
    }
    if (value instanceof ArrayNode list
        && !list.isEmpty()
        && schema.listKind() != Schema.ListKind.ATOMIC) {
      TreeMap<String, FieldSet> children = new TreeMap<>();
      for (JsonNode element : list) {
        FieldSet child =
            schema.listKind() == Schema.ListKind.MAP ? ofValue(element, schema.items()) : EMPTY;
        put(children, element(element, schema), child.withMember());
      }
      return new FieldSet(false, children);
    }
    return new FieldSet(true, new TreeMap<>());
  }

  private FieldSet withMember() {
    return new FieldSet(true, children);
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
    TreeMap<String, FieldSet> all = new TreeMap<>(children);
    other.children.forEach((element, child) -> all.merge(element, child, FieldSet::union));
    return new FieldSet(member || other.member, all);
  }

  FieldSet minus(FieldSet other) {
    TreeMap<String, FieldSet> left = new TreeMap<>();
    children.forEach((element, child) ->
        put(left, element, child.minus(other.children.getOrDefault(element, EMPTY))));
    return new FieldSet(member && !other.member, left);
  }

  FieldSet intersection(FieldSet other) {
    TreeMap<String, FieldSet> both = new TreeMap<>();
    children.forEach((element, child) ->
        put(both, element, child.intersection(other.children.getOrDefault(element, EMPTY))));
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
