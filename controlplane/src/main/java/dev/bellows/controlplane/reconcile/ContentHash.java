package dev.bellows.controlplane.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/** A hash of what an object says, whatever the order in which its fields and map entries stand. */
public final class ContentHash {
  /** Bytes kept of the SHA-256: enough to tell any two apart, and short enough for a label. */
  private static final int BYTES = 16;

  private ContentHash() {}

  /** 32 hexadecimal digits. */
  public static String of(Object object) {
    String canonical = sorted(MergePatch.tree(object)).toString();
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(canonical.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static JsonNode sorted(JsonNode node) {
    if (node instanceof ObjectNode object) {
      Map<String, JsonNode> fields = new TreeMap<>();
      object.properties().forEach(field -> fields.put(field.getKey(), sorted(field.getValue())));
      return JsonNodeFactory.instance.objectNode().setAll(fields);
    }
    if (node instanceof ArrayNode array) {
      ArrayNode result = JsonNodeFactory.instance.arrayNode();
      array.forEach(item -> result.add(sorted(item)));
      return result;
    }
    return node;
  }
}
