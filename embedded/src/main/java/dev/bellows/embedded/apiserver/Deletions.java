package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.store.Entry;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** What a deletion does to an object: at once, or later when finalizers and grace allow it. */
final class Deletions {
  private static final long DEFAULT_GRACE_SECONDS = 30;

  private Deletions() {}

  /** Marks an object for deletion, in place. Answers whether nothing holds it back. */
  static boolean mark(Resource resource, ObjectNode object, DeleteOptions how, Instant now) {
    ObjectMeta meta = ObjectMeta.of(object);
    how.propagation()
        .ifPresent(policy -> meta.setFinalizers(finalizers(meta.finalizers(), policy)));
    long grace = grace(resource, object, how);
    boolean held =
        grace > 0
            || !meta.finalizers().isEmpty()
            || !object.path("spec").path("finalizers").isEmpty();
    if (!held) {
      return true;
    }
    long left = meta.node().path("deletionGracePeriodSeconds").asLong(Long.MAX_VALUE);
    if (!meta.isDeleting() || grace < left) {
      meta.node().put("deletionTimestamp", ObjectMeta.time(now.plusSeconds(grace)));
      meta.node().put("deletionGracePeriodSeconds", grace);
      if (meta.generation() > 0) {
        meta.node().put("generation", meta.generation() + 1);
      }
      if (resource.type().equals(ResourceTypes.NAMESPACES)) {
        Json.child(object, "status").put("phase", "Terminating");
      }
    }
    return false;
  }

  /** Whether a stored object is on its way out; most are not, and that their text tells. */
  static boolean isMarked(Entry entry) {
    return new String(entry.value(), StandardCharsets.ISO_8859_1).contains("\"deletionTimestamp\"")
        && ObjectMeta.of(Json.read(entry.value())).isDeleting();
  }

  /** Whether an object that is being deleted has nothing left to wait for. */
  static boolean isFinished(ObjectNode object) {
    ObjectMeta meta = ObjectMeta.of(object);
    return meta.isDeleting()
        && meta.finalizers().isEmpty()
        && meta.node().path("deletionGracePeriodSeconds").asLong(0) == 0
        && object.path("spec").path("finalizers").isEmpty();
  }

  private static List<String> finalizers(List<String> present, DeleteOptions.Propagation policy) {
    List<String> finalizers = new ArrayList<>(present);
    finalizers.remove("orphan");
    finalizers.remove("foregroundDeletion");
    switch (policy) {
      case ORPHAN -> finalizers.add("orphan");
      case FOREGROUND -> finalizers.add("foregroundDeletion");
      case BACKGROUND -> {}
    }
    return finalizers;
  }

  /** Only a pod that a node runs is given time. */
  private static long grace(Resource resource, ObjectNode object, DeleteOptions how) {
    if (!resource.type().equals(ResourceTypes.PODS)
        || Json.text(object, "spec", "nodeName").isEmpty()) {
      return 0;
    }
    String phase = Json.text(object, "status", "phase");
    if (phase.equals("Succeeded") || phase.equals("Failed")) {
      return 0;
    }
    return Math.max(
        0,
        how.gracePeriodSeconds()
            .orElse(
                object
                    .path("spec")
                    .path("terminationGracePeriodSeconds")
                    .asLong(DEFAULT_GRACE_SECONDS)));
  }

  /**
   * Checks that it is the object, in the state, that the request means.
   *
   * @throws ApiException 409 if not
   */
  static void requirePreconditions(ResourceType type, ObjectNode object, DeleteOptions how) {
    ObjectMeta meta = ObjectMeta.of(object);
    if (how.uid().isPresent() && !how.uid().get().equals(meta.uid())) {
      throw ApiException.precondition(
          type,
          meta.name(),
          "the UID in the precondition ("
              + how.uid().get()
              + ") does not match the UID in record ("
              + meta.uid()
              + "). The object might have been deleted and then recreated");
    }
    if (how.resourceVersion().isPresent()
        && !how.resourceVersion().get().equals(meta.resourceVersion())) {
      throw ApiException.precondition(
          type,
          meta.name(),
          "the ResourceVersion in the precondition ("
              + how.resourceVersion().get()
              + ") does not match the ResourceVersion in record ("
              + meta.resourceVersion()
              + "). The object might have been modified");
    }
  }
}
