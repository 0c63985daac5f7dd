package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What an update leaves as it was, by the part of the object that it is about. */
final class Settlement {
  /** Metadata that only the server writes. */
  private static final List<String> SERVERS =
      List.of("uid", "resourceVersion", "creationTimestamp", "generation");

  private Settlement() {}

  /**
   * Puts back, in place, what this request may not change.
   *
   * @throws ApiException 400 if it is another object, 409 if it is another state of it
   */
  static void settle(Resource resource, Subresource part, ObjectNode old, ObjectNode object) {
    ResourceType type = resource.type();
    ObjectMeta before = ObjectMeta.of(old);
    ObjectMeta meta = ObjectMeta.of(object);
    requireSame(type, before, meta);
    object.put("apiVersion", type.apiVersion()).put("kind", type.kind());
    SERVERS.forEach(field -> keep(before.node(), meta.node(), field));
    if (!meta.isDeleting()) {
      // Left out it stays; to be given another value is a fault, which the checks tell.
      keep(before.node(), meta.node(), "deletionTimestamp");
    }
    keep(before.node(), meta.node(), "deletionGracePeriodSeconds");
    meta.node().remove("selfLink");
    switch (part) {
      case NONE, SCALE -> {
        if (resource.hasStatus()) {
          keep(old, object, "status");
        }
        if (type.equals(ResourceTypes.NAMESPACES)) {
          keep(old, object, "spec");
        }
      }
      case STATUS -> {
        ObjectNode given = Json.object();
        given.setAll(object);
        object.removeAll();
        for (Map.Entry<String, JsonNode> field : old.properties()) {
          boolean status = field.getKey().equals("status");
          object.set(field.getKey(), status ? field.getValue() : field.getValue().deepCopy());
        }
        move(given, object, "status");
        ObjectNode own = ObjectMeta.of(given).node();
        ObjectNode kept = ObjectMeta.of(object).node();
        move(own, kept, "managedFields");
        if (type.equals(ResourceTypes.PODS) || type.equals(ResourceTypes.DEPLOYMENTS)) {
          // Kinds whose status writers also mark the object itself.
          move(own, kept, "annotations");
        }
        if (type.equals(ResourceTypes.PODS)) {
          move(own, kept, "labels");
        }
      }
      case FINALIZE -> {
        JsonNode finalizers = object.path("spec").path("finalizers").deepCopy();
        object.removeAll();
        object.setAll(old.deepCopy());
        Json.child(object, "spec")
            .set("finalizers", finalizers.isArray() ? finalizers : Json.array());
      }
    }
  }

  private static void requireSame(ResourceType type, ObjectMeta before, ObjectMeta meta) {
    if (!meta.name().equals(before.name())) {
      throw ApiException.badRequest(
          "the name of the object ("
              + meta.name()
              + ") does not match the name on the URL ("
              + before.name()
              + ")");
    }
    if (!meta.namespace().equals(before.namespace())) {
      throw ApiException.badRequest(
          "the namespace of the object ("
              + meta.namespace()
              + ") does not match the namespace on the URL ("
              + before.namespace()
              + ")");
    }
    if (!meta.uid().isEmpty() && !meta.uid().equals(before.uid())) {
      throw ApiException.conflict(
          type,
          before.name(),
          "Precondition failed: UID in precondition: "
              + meta.uid()
              + ", UID in object meta: "
              + before.uid());
    }
    if (!meta.resourceVersion().isEmpty()
        && !meta.resourceVersion().equals(before.resourceVersion())) {
      throw ApiException.stale(type, before.name());
    }
  }

  private static void keep(ObjectNode from, ObjectNode to, String field) {
    JsonNode value = from.get(field);
    if (value == null) {
      to.remove(field);
    } else {
      to.set(field, value.deepCopy());
    }
  }

  /** As {@link #keep}, of what nobody else holds. */
  private static void move(ObjectNode from, ObjectNode to, String field) {
    JsonNode value = from.get(field);
    if (value == null) {
      to.remove(field);
    } else {
      to.set(field, value);
    }
  }

  /** Counts the generation up if what the user wants has changed. */
  static void countGeneration(
      Resource resource, Subresource part, ObjectNode old, ObjectNode object) {
    if (resource.countsGenerations()
        && (!Json.same(intent(resource, old), intent(resource, object))
            || annotationsCount(resource, part, old, object))) {
      ObjectMeta meta = ObjectMeta.of(object);
      meta.node().put("generation", meta.generation() + 1);
    }
  }

  /** Of a Deployment the annotations are what the user wants, too: its ReplicaSets inherit them. */
  private static boolean annotationsCount(
      Resource resource, Subresource part, ObjectNode old, ObjectNode object) {
    return resource.type().equals(ResourceTypes.DEPLOYMENTS)
        && part == Subresource.NONE
        && !Json.same(
            ObjectMeta.of(old).node().get("annotations"),
            ObjectMeta.of(object).node().get("annotations"));
  }

  /**
   * The spec; of kinds without one and of custom kinds, all but metadata and status. Only to be
   * read.
   */
  private static JsonNode intent(Resource resource, ObjectNode object) {
    if (!resource.isCustom() && object.has("spec")) {
      return object.path("spec");
    }
    ObjectNode intent = Json.object();
    intent.setAll(object);
    intent.remove(List.of("metadata", "apiVersion", "kind"));
    if (resource.hasStatus()) {
      intent.remove("status");
    }
    return intent;
  }

  /** Adds a cause for each change of metadata that nobody may make. */
  static void checkMetadata(ObjectNode old, ObjectNode object, List<Cause> causes) {
    ObjectMeta before = ObjectMeta.of(old);
    JsonNode deletion = ObjectMeta.of(object).node().path("deletionTimestamp");
    if (!Json.same(before.node().path("deletionTimestamp"), deletion)) {
      causes.add(Cause.invalid("metadata.deletionTimestamp", deletion, "field is immutable"));
    }
    if (before.isDeleting()) {
      List<String> added = new ArrayList<>(ObjectMeta.of(object).finalizers());
      added.removeAll(before.finalizers());
      if (!added.isEmpty()) {
        causes.add(
            Cause.forbidden(
                "metadata.finalizers",
                "no new finalizers can be added if the object is being deleted, found new"
                    + " finalizers []string{\""
                    + String.join("\", \"", added)
                    + "\"}"));
      }
    }
  }
}
