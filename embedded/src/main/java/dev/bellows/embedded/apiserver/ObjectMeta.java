package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * A view of an object's {@code metadata}: reads and writes go through to the object.
 *
 * @param node the metadata itself
 */
public record ObjectMeta(ObjectNode node) {
  /** The metadata of an object, made if it has none. */
  public static ObjectMeta of(ObjectNode object) {
    return new ObjectMeta(Json.child(object, "metadata"));
  }

  /** The name, empty if there is none yet. */
  public String name() {
    return text("name");
  }

  /** The namespace, empty for what is cluster-scoped. */
  public String namespace() {
    return text("namespace");
  }

  /** The identity that no later object of the same name has. */
  public String uid() {
    return text("uid");
  }

  /** The version of this state; opaque to clients. */
  public String resourceVersion() {
    return text("resourceVersion");
  }

  /** How often the spec has changed; 0 for kinds that do not count. */
  public long generation() {
    return node.path("generation").asLong(0);
  }

  /** Whether the object is on its way out. */
  public boolean isDeleting() {
    return node.hasNonNull("deletionTimestamp");
  }

  /** What must be done before the object may go. */
  public List<String> finalizers() {
    List<String> found = new ArrayList<>();
    for (JsonNode each : node.path("finalizers")) {
      found.add(each.asText());
    }
    return found;
  }

  void setFinalizers(List<String> finalizers) {
    if (finalizers.isEmpty()) {
      node.remove("finalizers");
    } else {
      ArrayNode list = node.putArray("finalizers");
      finalizers.forEach(list::add);
    }
  }

  /** The value of a label, empty if it is not set. */
  public String label(String key) {
    return node.path("labels").path(key).asText("");
  }

  /** The value of an annotation, empty if it is not set. */
  public String annotation(String key) {
    return node.path("annotations").path(key).asText("");
  }

  /** Kubernetes' form of an instant: whole seconds, UTC. */
  static String time(Instant instant) {
    return instant.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private String text(String field) {
    return node.path(field).asText("");
  }
}
