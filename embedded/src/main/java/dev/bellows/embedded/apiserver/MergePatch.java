package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/** Applies RFC 7396. */
final class MergePatch {
  private MergePatch() {}

  static ObjectNode apply(ObjectNode patch, ObjectNode target) {
    ObjectNode merged = target.deepCopy();
    merge(patch, merged);
    return merged;
  }

  private static void merge(ObjectNode patch, ObjectNode target) {
    for (Map.Entry<String, JsonNode> field : patch.properties()) {
      String name = field.getKey();
      JsonNode value = field.getValue();
      if (value.isNull()) {
        target.remove(name);
      } else if (value instanceof ObjectNode object) {
        merge(object, Json.child(target, name));
      } else {
        target.set(name, value.deepCopy());
      }
    }
  }
}
