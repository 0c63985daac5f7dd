package dev.bellows.embedded.workload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Comparator;

/**
 * A view of a ReplicaSet.
 *
 * @param node the object itself
 */
record ReplicaSet(ObjectNode node) {
  static final String REVISION = "deployment.kubernetes.io/revision";
  static final String DESIRED_REPLICAS = "deployment.kubernetes.io/desired-replicas";
  static final String MAX_REPLICAS = "deployment.kubernetes.io/max-replicas";

  /** Oldest first; the name decides between those of one second. */
  static final Comparator<ReplicaSet> BY_AGE =
      Comparator.comparing(ReplicaSet::created).thenComparing(ReplicaSet::name);

  String name() {
    return node.path("metadata").path("name").asText();
  }

  private String created() {
    return node.path("metadata").path("creationTimestamp").asText();
  }

  /** What the spec asks for. */
  int replicas() {
    return node.path("spec").path("replicas").asInt(1);
  }

  /** Pods that exist. */
  int present() {
    return status().path("replicas").asInt(0);
  }

  int ready() {
    return status().path("readyReplicas").asInt(0);
  }

  int available() {
    return status().path("availableReplicas").asInt(0);
  }

  JsonNode status() {
    return node.path("status");
  }

  boolean isDeleting() {
    return node.path("metadata").hasNonNull("deletionTimestamp");
  }

  String hash() {
    return node.path("metadata").path("labels").path(PodTemplate.HASH_LABEL).asText();
  }

  String annotation(String key) {
    return node.path("metadata").path("annotations").path(key).asText("");
  }

  long revision() {
    String revision = annotation(REVISION);
    return revision.isEmpty() ? 0 : Long.parseLong(revision);
  }

  /** What the spec is to say, with everything else the same. */
  ReplicaSet resized(int replicas) {
    ObjectNode copy = node.deepCopy();
    copy.withObjectProperty("spec").put("replicas", replicas);
    return new ReplicaSet(copy);
  }
}
