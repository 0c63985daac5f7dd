package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Applies Kubernetes' strategic merge: as a merge, but lists that the kind gives a merge key are
 * merged element by element, and directives ({@code $patch}, {@code $retainKeys}, {@code
 * $setElementOrder/…}, {@code $deleteFromPrimitiveList/…}) say the rest.
 */
final class StrategicMergePatch {
  private static final String PATCH = "$patch";
  private static final String RETAIN_KEYS = "$retainKeys";
  private static final String ORDER = "$setElementOrder/";
  private static final String DELETE_FROM = "$deleteFromPrimitiveList/";

  private StrategicMergePatch() {}

  static ObjectNode apply(ObjectNode patch, ObjectNode target, Schema schema) {
    return merge(target.deepCopy(), patch, schema);
  }

  private static ObjectNode merge(ObjectNode target, ObjectNode patch, Schema schema) {
    switch (patch.path(PATCH).asText("merge")) {
      case "replace" -> {
        return plain(patch);
      }
      case "delete" -> {
        return Json.object();
      }
      case "merge" -> {}
      default ->
          throw ApiException.badRequest("Unknown patch type found: " + patch.path(PATCH).asText());
    }
    if (patch.path(RETAIN_KEYS) instanceof ArrayNode keys) {
      retain(target, keys);
    }
    for (Map.Entry<String, JsonNode> field : patch.properties()) {
      String name = field.getKey();
      if (name.equals(PATCH) || name.equals(RETAIN_KEYS) || name.startsWith(ORDER)) {
        continue;
      }
      if (name.startsWith(DELETE_FROM)) {
        removeAll(target.path(name.substring(DELETE_FROM.length())), field.getValue());
        continue;
      }
      Schema part = schema.field(name).orElse(Schema.ANY);
      switch (field.getValue()) {
        case ObjectNode object -> {
          ObjectNode merged = merge(Json.child(target, name), object, part);
          target.set(name, merged);
        }
        case ArrayNode list when part.isMergedList() ->
            target.set(name, mergeList(target.path(name), list, part));
        case ArrayNode list -> target.set(name, plainList(list));
        case JsonNode value when value.isNull() -> target.remove(name);
        case JsonNode value -> target.set(name, value.deepCopy());
      }
    }
    for (Map.Entry<String, JsonNode> field : patch.properties()) {
      if (field.getKey().startsWith(ORDER)) {
        String name = field.getKey().substring(ORDER.length());
        Schema part = schema.field(name).orElse(Schema.ANY);
        if (target.path(name) instanceof ArrayNode list) {
          target.set(name, ordered(list, field.getValue(), part.mergeKey()));
        }
      }
    }
    return target;
  }

  private static void retain(ObjectNode target, ArrayNode keys) {
    List<String> kept = new ArrayList<>();
    keys.forEach(key -> kept.add(key.asText()));
    target.retain(kept);
  }

  private static ArrayNode mergeList(JsonNode present, ArrayNode patch, Schema schema) {
    ArrayNode list = present instanceof ArrayNode found ? found.deepCopy() : Json.array();
    String key = schema.mergeKey();
    for (JsonNode element : patch) {
      if (element.path(PATCH).asText("").equals("replace")) {
        return plainList(patch);
      }
    }
    for (JsonNode element : patch) {
      if (!(element instanceof ObjectNode object)) {
        if (indexOf(list, element, "") < 0) {
          list.add(element);
        }
        continue;
      }
      if (key.isEmpty() || !object.hasNonNull(key)) {
        throw ApiException.badRequest(
            "map: " + object + " does not contain declared merge key: " + key);
      }
      int at = indexOf(list, object, key);
      if (object.path(PATCH).asText("").equals("delete")) {
        if (at >= 0) {
          list.remove(at);
        }
      } else if (at >= 0 && list.get(at) instanceof ObjectNode old) {
        list.set(at, merge(old, object, schema.items()));
      } else {
        list.add(merge(Json.object(), object, schema.items()));
      }
    }
    return list;
  }

  private static int indexOf(JsonNode list, JsonNode element, String key) {
    for (int i = 0; i < list.size(); i++) {
      if (key.isEmpty()
          ? Json.same(list.get(i), element)
          : Json.same(list.get(i).get(key), element.get(key))) {
        return i;
      }
    }
    return -1;
  }

  /** Sorts as the order says; what it does not name keeps its place among its neighbours. */
  private static ArrayNode ordered(ArrayNode list, JsonNode order, String key) {
    List<JsonNode> named = new ArrayList<>();
    for (JsonNode each : order) {
      int at = indexOf(list, each, each.isObject() ? key : "");
      if (at >= 0) {
        named.add(list.get(at));
      }
    }
    List<JsonNode> others = new ArrayList<>();
    for (JsonNode each : list) {
      if (indexOf(order, each, each.isObject() ? key : "") < 0) {
        others.add(each);
      }
    }
    ArrayNode sorted = Json.array();
    int next = 0;
    for (JsonNode other : others) {
      while (next < named.size() && place(list, named.get(next)) < place(list, other)) {
        sorted.add(named.get(next++));
      }
      sorted.add(other);
    }
    while (next < named.size()) {
      sorted.add(named.get(next++));
    }
    return sorted;
  }

  private static int place(ArrayNode list, JsonNode element) {
    return indexOf(list, element, "");
  }

  private static void removeAll(JsonNode list, JsonNode unwanted) {
    if (list instanceof ArrayNode present) {
      for (JsonNode each : unwanted) {
        int at = indexOf(present, each, "");
        if (at >= 0) {
          present.remove(at);
        }
      }
    }
  }

  /** A value without directives: what a patch adds where nothing was. */
  private static ObjectNode plain(ObjectNode patch) {
    ObjectNode plain = Json.object();
    for (Map.Entry<String, JsonNode> field : patch.properties()) {
      String name = field.getKey();
      boolean directive =
          name.equals(PATCH)
              || name.equals(RETAIN_KEYS)
              || name.startsWith(ORDER)
              || name.startsWith(DELETE_FROM);
      if (!directive && !field.getValue().isNull()) {
        plain.set(
            name,
            switch (field.getValue()) {
              case ObjectNode object -> plain(object);
              case ArrayNode list -> plainList(list);
              default -> field.getValue().deepCopy();
            });
      }
    }
    return plain;
  }

  private static ArrayNode plainList(ArrayNode patch) {
    ArrayNode plain = Json.array();
    for (JsonNode element : patch) {
      if (element instanceof ObjectNode object) {
        // An element that only says "replace" or "delete" is no element.
        if (!(object.has(PATCH) && object.size() == 1)) {
          plain.add(plain(object));
        }
      } else {
        plain.add(element.deepCopy());
      }
    }
    return plain;
  }
}
