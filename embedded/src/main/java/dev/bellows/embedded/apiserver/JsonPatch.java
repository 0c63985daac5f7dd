package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Applies RFC 6902 operations. */
final class JsonPatch {
  /** As kube-apiserver's limit on one patch. */
  static final int MAX_OPERATIONS = 10_000;

  /** Of all that one patch copies or moves, as kube-apiserver's limit on copies. */
  static final int MAX_COPIED_BYTES = 3 << 20;

  private final ObjectNode holder = Json.object();
  private long copied;

  private JsonPatch(ObjectNode target) {
    // Pointers may address the whole document, so it stands in a one-field holder.
    holder.set("", target.deepCopy());
  }

  static ObjectNode apply(ArrayNode operations, ObjectNode target) {
    if (operations.size() > MAX_OPERATIONS) {
      throw ApiException.of(
          413,
          "RequestEntityTooLarge",
          "The allowed maximum operations in a JSON patch is "
              + MAX_OPERATIONS
              + ", got "
              + operations.size());
    }
    JsonPatch patch = new JsonPatch(target);
    operations.forEach(patch::step);
    if (patch.holder.get("") instanceof ObjectNode object) {
      return object;
    }
    throw rejected();
  }

  private void step(JsonNode operation) {
    String path = "/" + pointer(operation, "path");
    switch (operation.path("op").asText("")) {
      case "add" -> add(holder, path, value(operation, path));
      case "remove" -> remove(holder, path);
      case "replace" -> {
        remove(holder, path);
        add(holder, path, value(operation, path));
      }
      case "move" -> {
        String from = "/" + pointer(operation, "from");
        count(get(holder, from), path);
        add(holder, path, remove(holder, from));
      }
      case "copy" -> {
        JsonNode from = get(holder, "/" + pointer(operation, "from"));
        count(from, path);
        add(holder, path, from.deepCopy());
      }
      case "test" -> {
        if (!Json.same(find(holder, path), value(operation, path))) {
          throw rejected();
        }
      }
      default -> throw rejected();
    }
  }

  /** Bounds what operations make of parts that are there: else each could double the document. */
  private void count(JsonNode part, String to) {
    Json.requireDepth(part, Json.MAX_DEPTH - segments(to));
    copied += part.toString().length();
    if (copied > MAX_COPIED_BYTES) {
      throw rejected();
    }
  }

  private static int segments(String path) {
    return (int) path.chars().filter(c -> c == '/').count();
  }

  private static String pointer(JsonNode operation, String field) {
    JsonNode pointer = operation.get(field);
    if (pointer == null || !pointer.isTextual()) {
      throw rejected();
    }
    String text = pointer.asText();
    if (!text.isEmpty() && !text.startsWith("/")) {
      throw rejected();
    }
    return text;
  }

  private static JsonNode value(JsonNode operation, String path) {
    JsonNode value = operation.get("value");
    if (value == null) {
      throw rejected();
    }
    Json.requireDepth(value, Json.MAX_DEPTH - segments(path));
    return value.deepCopy();
  }

  private static JsonNode find(ObjectNode holder, String path) {
    return holder.at(path);
  }

  private static JsonNode get(ObjectNode holder, String path) {
    JsonNode found = find(holder, path);
    if (found.isMissingNode()) {
      throw rejected();
    }
    return found;
  }

  private static void add(ObjectNode holder, String path, JsonNode value) {
    JsonNode parent = get(holder, parent(path));
    String last = last(path);
    if (parent instanceof ObjectNode object) {
      object.set(last, value);
    } else if (parent instanceof ArrayNode list) {
      int index = last.equals("-") ? list.size() : index(last, list.size());
      list.insert(index, value);
    } else {
      throw rejected();
    }
  }

  private static JsonNode remove(ObjectNode holder, String path) {
    JsonNode removed = get(holder, path);
    JsonNode parent = get(holder, parent(path));
    if (parent instanceof ObjectNode object) {
      object.remove(last(path));
    } else if (parent instanceof ArrayNode list) {
      list.remove(index(last(path), list.size() - 1));
    } else {
      throw rejected();
    }
    return removed;
  }

  private static int index(String text, int largest) {
    if (!text.matches("0|[1-9][0-9]{0,8}") || Integer.parseInt(text) > largest) {
      throw rejected();
    }
    return Integer.parseInt(text);
  }

  private static String parent(String path) {
    return path.substring(0, path.lastIndexOf('/'));
  }

  private static String last(String path) {
    return path.substring(path.lastIndexOf('/') + 1).replace("~1", "/").replace("~0", "~");
  }

  private static ApiException rejected() {
    return ApiException.of(
        422, "Invalid", "the server rejected our request due to an error in our request");
  }
}
