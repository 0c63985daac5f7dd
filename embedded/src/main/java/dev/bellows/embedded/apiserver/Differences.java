package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/**
 * Two states of an object without what is the same in both, as most of an object is in most writes.
 * An object that has fields in a state keeps one of them, so that it does not look empty; lists
 * that differ are there as a whole. Parts are shared with the states, and only to be read.
 *
 * @param before of the first state
 * @param after of the second
 */
record Differences(ObjectNode before, ObjectNode after) {
  /**
   * Whether two states are the same. Looks at metadata last: who owns what differs whenever
   * anything does, and is not read yet.
   */
  static boolean none(ObjectNode before, ObjectNode after) {
    for (Map.Entry<String, JsonNode> field : after.properties()) {
      if (!field.getKey().equals("metadata")
          && !Json.same(before.get(field.getKey()), field.getValue())) {
        return false;
      }
    }
    return Json.same(before, after);
  }

  static Differences between(ObjectNode before, ObjectNode after) {
    ObjectNode first = Json.object();
    ObjectNode second = Json.object();
    String same = "";
    for (Map.Entry<String, JsonNode> field : after.properties()) {
      String name = field.getKey();
      JsonNode now = field.getValue();
      JsonNode old = before.get(name);
      if (old == null) {
        second.set(name, now);
      } else if (Json.same(old, now)) {
        same = name;
      } else if (old instanceof ObjectNode oldObject && now instanceof ObjectNode nowObject) {
        Differences inner = between(oldObject, nowObject);
        first.set(name, inner.before());
        second.set(name, inner.after());
      } else {
        first.set(name, old);
        second.set(name, now);
      }
    }
    for (Map.Entry<String, JsonNode> field : before.properties()) {
      if (!after.has(field.getKey())) {
        first.set(field.getKey(), field.getValue());
      }
    }
    if (!same.isEmpty() && (first.isEmpty() || second.isEmpty())) {
      first.set(same, before.get(same));
      second.set(same, after.get(same));
    }
    return new Differences(first, second);
  }
}
