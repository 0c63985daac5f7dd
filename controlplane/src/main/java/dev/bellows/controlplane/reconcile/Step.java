package dev.bellows.controlplane.reconcile;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.controlplane.watch.Key;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.CustomResource;
import java.util.Optional;

/** One write to the Kubernetes API. Its text is one English sentence. */
public sealed interface Step {
  /**
   * Creates an object. That it exists already is a conflict: we have not seen it yet.
   *
   * @param object what is asked for, without what the server fills in
   */
  record Create(HasMetadata object) implements Step {
    @Override
    public String toString() {
      return "Create " + name(object) + ".";
    }
  }

  /**
   * Changes some fields of an object by a JSON merge patch (RFC 7386), so that fields which we do
   * not know stay as they are. The patch names the resource version it was made for: on a stale
   * view it is refused, not applied to something else.
   *
   * @param object as it was seen
   * @param patch the fields that differ
   */
  record Patch(HasMetadata object, ObjectNode patch) implements Step {
    @Override
    public String toString() {
      // What is written into a Secret is for no log.
      return "Patch " + name(object) + (object instanceof Secret ? "." : " with " + patch + ".");
    }
  }

  /**
   * Writes an object's status, and only that, over whatever status it has: each status has one
   * writer.
   *
   * @param object as it was seen, with its new status
   * @param interim whether it only tells how far something has come, so that it may wait ({@link
   *     Interim})
   */
  record UpdateStatus(CustomResource<?, ?> object, boolean interim) implements Step {
    @Override
    public String toString() {
      return "Update the status of " + name(object) + ".";
    }
  }

  /**
   * Sets the replicas of something that has a {@code scale} subresource.
   *
   * @param apiVersion of the target, such as {@code apps/v1}
   * @param kind of the target, such as {@code Deployment}
   * @param target its name
   * @param replicas at least 0
   */
  record SetReplicas(String apiVersion, String kind, Key target, int replicas) implements Step {
    public SetReplicas {
      if (replicas < 0) {
        throw new IllegalArgumentException("replicas of " + target + " must be >= 0: " + replicas);
      }
    }

    @Override
    public String toString() {
      return "Set the replicas of " + kind + " " + target + " to " + replicas + ".";
    }
  }

  /**
   * Deletes an object, if it is still the one that was seen.
   *
   * @param object as it was seen
   */
  record Delete(HasMetadata object) implements Step {
    @Override
    public String toString() {
      return "Delete " + name(object) + ".";
    }
  }

  /**
   * Writes an Event about an object. It is for people: it may come late, be merged with earlier
   * ones alike, or be lost, and never fails a pass.
   *
   * @param about the object, as it was seen
   * @param severity how bad it is
   * @param reason one word in CamelCase
   * @param message a sentence
   */
  record Announce(HasMetadata about, Severity severity, String reason, String message)
      implements Step {
    @Override
    public String toString() {
      return "Announce " + reason + " about " + name(about) + ": " + message;
    }
  }

  /** Type of an Event. */
  enum Severity {
    NORMAL("Normal"),
    WARNING("Warning");

    private final String wireName;

    Severity(String wireName) {
      this.wireName = wireName;
    }

    /** As the Event's {@code type} field carries it. */
    public String wireName() {
      return wireName;
    }
  }

  /**
   * The patch that makes {@code seen} equal {@code wanted}, if they differ.
   *
   * @param seen as it was seen
   * @param wanted a changed copy of it: what the copy does not change is not patched
   */
  static <T extends HasMetadata> Optional<Step> patch(T seen, T wanted) {
    if (seen.equals(wanted)) {
      return Optional.empty();
    }
    ObjectNode patch = MergePatch.between(MergePatch.tree(seen), MergePatch.tree(wanted));
    if (patch.isEmpty()) {
      return Optional.empty();
    }
    patch
        .withObjectProperty("metadata")
        .put("resourceVersion", seen.getMetadata().getResourceVersion());
    return Optional.of(new Patch(seen, patch));
  }

  private static String name(HasMetadata object) {
    return object.getKind() + " " + Key.of(object);
  }
}
