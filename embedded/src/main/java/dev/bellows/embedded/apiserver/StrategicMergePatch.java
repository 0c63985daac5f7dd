package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

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
        String list = name.substring(DELETE_FROM.length());
        if (target.path(list).isArray()) {
          target.set(list, without(target.path(list), field.getValue()));
        }
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
    String key = schema.mergeKey();
    for (JsonNode element : patch) {
      if (element.path(PATCH).asText("").equals("replace")) {
        return plainList(patch);
      }
    }
    MergedList list = new MergedList(present, key);
    for (JsonNode element : patch) {
      if (!(element instanceof ObjectNode object)) {
        if (list.find(element).isEmpty()) {
          list.add(element);
        }
        continue;
      }
      if (key.isEmpty() || !object.hasNonNull(key)) {
        throw ApiException.badRequest(
            "map: " + object + " does not contain declared merge key: " + key);
      }
      Optional<JsonNode> found = list.find(object);
      if (object.path(PATCH).asText("").equals("delete")) {
        list.remove(object);
      } else if (found.isPresent() && found.get() instanceof ObjectNode old) {
        list.replace(object, merge(old.deepCopy(), object, schema.items()));
      } else {
        list.add(merge(Json.object(), object, schema.items()));
      }
    }
    return list.elements();
  }

  /** Sorts as the order says; what it does not name keeps its place among its neighbours. */
  private static ArrayNode ordered(ArrayNode list, JsonNode order, String key) {
    Map<String, List<Integer>> places = new HashMap<>();
    for (int i = 0; i < list.size(); i++) {
      places
          .computeIfAbsent(MergedList.identity(list.get(i), key), none -> new ArrayList<>(1))
          .add(i);
    }
    Set<String> inOrder = new LinkedHashSet<>();
    order.forEach(each -> inOrder.add(MergedList.identity(each, key)));
    List<Integer> named = new ArrayList<>();
    inOrder.forEach(each -> named.addAll(places.getOrDefault(each, List.of())));
    ArrayNode sorted = Json.array();
    int next = 0;
    for (int i = 0; i < list.size(); i++) {
      if (inOrder.contains(MergedList.identity(list.get(i), key))) {
        continue;
      }
      while (next < named.size() && named.get(next) < i) {
        sorted.add(list.get(named.get(next++)));
      }
      sorted.add(list.get(i));
    }
    while (next < named.size()) {
      sorted.add(list.get(named.get(next++)));
    }
    return sorted;
  }

  private static ArrayNode without(JsonNode list, JsonNode unwanted) {
    MergedList left = new MergedList(list, "");
    unwanted.forEach(left::remove);
    return left.elements();
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
