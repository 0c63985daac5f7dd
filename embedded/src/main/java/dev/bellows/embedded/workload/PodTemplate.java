package dev.bellows.embedded.workload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.Json;
import dev.bellows.embedded.controller.Owners;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.TreeMap;

/** What a pod is made from. */
final class PodTemplate {
  /** The label that ties pods to the ReplicaSet of one template. */
  static final String HASH_LABEL = "pod-template-hash";

  // Kubernetes' alphabet for generated names: no vowels, so no words; no look-alikes.
  private static final String SAFE = "bcdfghjklmnpqrstvwxz2456789";
  private static final int HASH_LENGTH = 10;

  private PodTemplate() {}

  /**
   * Names the content of a template: equal templates have equal hashes, whatever the order of their
   * fields. The value is opaque, as upstream's is; with 47 bits two templates of one Deployment do
   * not meet.
   */
  static String hash(JsonNode template) {
    byte[] digest;
    try {
      digest = MessageDigest.getInstance("SHA-256").digest(Json.bytes(sorted(template)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
    StringBuilder hash = new StringBuilder(HASH_LENGTH);
    for (int i = 0; i < HASH_LENGTH; i++) {
      hash.append(SAFE.charAt((digest[i] & 0xff) % SAFE.length()));
    }
    return hash.toString();
  }

  private static JsonNode sorted(JsonNode node) {
    if (node instanceof ObjectNode object) {
      TreeMap<String, JsonNode> fields = new TreeMap<>();
      object.properties().forEach(field -> fields.put(field.getKey(), sorted(field.getValue())));
      ObjectNode copy = JsonNodeFactory.instance.objectNode();
      copy.setAll(fields);
      return copy;
    }
    if (node instanceof ArrayNode array) {
      ArrayNode copy = JsonNodeFactory.instance.arrayNode();
      array.forEach(each -> copy.add(sorted(each)));
      return copy;
    }
    return node;
  }

  /** A pod of a ReplicaSet, to be named by the API. */
  static ObjectNode pod(ObjectNode replicaSet) {
    JsonNode template = replicaSet.path("spec").path("template");
    JsonNode owner = replicaSet.path("metadata");
    ObjectNode pod = JsonNodeFactory.instance.objectNode();
    pod.put("apiVersion", "v1").put("kind", "Pod");
    ObjectNode meta = pod.putObject("metadata");
    meta.put("generateName", owner.path("name").asText() + "-");
    meta.put("namespace", owner.path("namespace").asText());
    for (String field : new String[] {"labels", "annotations", "finalizers"}) {
      JsonNode value = template.path("metadata").path(field);
      if (!value.isEmpty()) {
        meta.set(field, value.deepCopy());
      }
    }
    Owners.setController(pod, replicaSet);
    pod.set("spec", template.path("spec").deepCopy());
    return pod;
  }
}
