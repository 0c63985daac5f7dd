package dev.bellows.controlplane.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.Iterator;
import java.util.Map;

/** JSON merge patches (RFC 7386): objects are merged, everything else is replaced, null removes. */
final class MergePatch {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  static {
    // Registers what fabric8's model needs (unmatched fields, durations) on the mapper it is given.
    new KubernetesSerialization(MAPPER, true);
  }

  private MergePatch() {}

  /** An object as JSON, as the API server is sent it. */
  static ObjectNode tree(Object object) {
    return MAPPER.valueToTree(object);
  }

  /** What turns {@code from} into {@code to}; empty if they are equal. */
  static ObjectNode between(ObjectNode from, ObjectNode to) {
    ObjectNode patch = MAPPER.createObjectNode();
    for (Map.Entry<String, JsonNode> field : to.properties()) {
      JsonNode before = from.get(field.getKey());
      JsonNode after = field.getValue();
      if (before instanceof ObjectNode beforeObject && after instanceof ObjectNode afterObject) {
        ObjectNode inner = between(beforeObject, afterObject);
        if (!inner.isEmpty()) {
          patch.set(field.getKey(), inner);
        }
      } else if (!after.equals(before)) {
        patch.set(field.getKey(), after);
      }
    }
    for (Iterator<String> names = from.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!to.has(name)) {
        patch.putNull(name);
      }
    }
    return patch;
  }
}
