package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** Values under a schema: merged, compared and cut by fields, the way server-side apply does it. */
final class FieldMerge {
  private FieldMerge() {}

  /** What a manager applied, laid over what is there. */
  static ObjectNode merge(ObjectNode live, ObjectNode applied, Schema schema) {
    ObjectNode merged = live.deepCopy();
    for (Map.Entry<String, JsonNode> field : applied.properties()) {
      if (field.getValue().isNull()) {
        continue;
      }
      Schema part = schema.field(field.getKey()).orElse(Schema.ANY);
      merged.set(field.getKey(), mergeValue(merged.path(field.getKey()), field.getValue(), part));
    }
    return merged;
  }

  private static JsonNode mergeValue(JsonNode live, JsonNode applied, Schema schema) {
    if (applied instanceof ObjectNode object
        && live instanceof ObjectNode present
        && !FieldSet.isAtomic(schema)) {
      return merge(present, object, schema);
    }
    if (applied instanceof ArrayNode list
        && live instanceof ArrayNode present
        && schema.listKind() != Schema.ListKind.ATOMIC) {
      ArrayNode merged = present.deepCopy();
      Map<String, Integer> places = places(merged, schema);
      for (JsonNode element : list) {
        String edge = FieldSet.element(element, schema);
        Integer at = places.putIfAbsent(edge, merged.size());
        if (at == null) {
          merged.add(element.deepCopy());
        } else {
          merged.set(at, mergeValue(merged.get(at), element, schema.items()));
        }
      }
      return merged;
    }
    return applied.deepCopy();
  }

  /** Where each element of a list is: looked for one by one, long lists would take minutes. */
  private static Map<String, Integer> places(ArrayNode list, Schema schema) {
    Map<String, Integer> places = new HashMap<>();
    for (int i = 0; i < list.size(); i++) {
      places.putIfAbsent(FieldSet.element(list.get(i), schema), i);
    }
    return places;
  }

  /** The fields that both objects set, to different values. */
  static FieldSet modified(ObjectNode before, ObjectNode after, Schema schema) {
    return modifiedValue(before, after, schema);
  }

  private static FieldSet modifiedValue(JsonNode before, JsonNode after, Schema schema) {
    if (Json.same(before, after)) {
      return FieldSet.EMPTY; // as most of an object is, most of the time
    }
    TreeMap<String, FieldSet> children = new TreeMap<>();
    if (before instanceof ObjectNode old
        && after instanceof ObjectNode now
        && !old.isEmpty()
        && !now.isEmpty()
        && !FieldSet.isAtomic(schema)) {
      for (Map.Entry<String, JsonNode> field : now.properties()) {
        JsonNode other = old.get(field.getKey());
        if (other != null) {
          add(
              children,
              "f:" + field.getKey(),
              modifiedValue(
                  other, field.getValue(), schema.field(field.getKey()).orElse(Schema.ANY)));
        }
      }
      return FieldSet.node(children);
    }
    if (before instanceof ArrayNode old
        && after instanceof ArrayNode now
        && schema.listKind() != Schema.ListKind.ATOMIC) {
      Map<String, Integer> places = places(old, schema);
      for (JsonNode element : now) {
        String edge = FieldSet.element(element, schema);
        Integer at = places.get(edge);
        if (at != null) {
          add(children, edge, modifiedValue(old.get(at), element, schema.items()));
        }
      }
      return FieldSet.node(children);
    }
    return FieldSet.LEAF;
  }

  private static void add(Map<String, FieldSet> children, String edge, FieldSet child) {
    if (!child.isEmpty()) {
      children.put(edge, child);
    }
  }

  /** Takes fields out of an object in place; what is kept, or holds something kept, stays. */
  static void remove(ObjectNode object, FieldSet unwanted, FieldSet kept, Schema schema) {
    for (Map.Entry<String, FieldSet> each : unwanted.children().entrySet()) {
      String name = each.getKey().substring(2);
      JsonNode value = object.get(name);
      if (value == null) {
        continue;
      }
      FieldSet keptBelow = kept.children().get(each.getKey());
      if (each.getValue().isMember() && keptBelow == null) {
        object.remove(name);
        continue;
      }
      Schema part = schema.field(name).orElse(Schema.ANY);
      removeBelow(value, each.getValue(), keptBelow == null ? FieldSet.EMPTY : keptBelow, part);
      if (value.isContainerNode() && value.isEmpty() && keptBelow == null) {
        object.remove(name);
      }
    }
  }

  private static void removeBelow(JsonNode value, FieldSet unwanted, FieldSet kept, Schema schema) {
    switch (value) {
      case ObjectNode object -> remove(object, unwanted, kept, schema);
      case ArrayNode list -> {
        for (int i = list.size() - 1; i >= 0; i--) {
          String edge = FieldSet.element(list.get(i), schema);
          FieldSet child = unwanted.children().get(edge);
          if (child == null) {
            continue;
          }
          FieldSet keptBelow = kept.children().get(edge);
          if (child.isMember() && keptBelow == null) {
            list.remove(i);
          } else {
            removeBelow(
                list.get(i), child, keptBelow == null ? FieldSet.EMPTY : keptBelow, schema.items());
          }
        }
      }
      default -> {} // a scalar goes with its field
    }
  }
}
