package dev.bellows.controlplane.reconcile;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Metadata between a parent and the children made for it. */
public final class Children {
  private Children() {}

  /** A reference to the parent as the child's only controller; the child dies with it. */
  public static OwnerReference controlledBy(HasMetadata parent) {
    return new OwnerReferenceBuilder()
        .withApiVersion(parent.getApiVersion())
        .withKind(parent.getKind())
        .withName(parent.getMetadata().getName())
        .withUid(parent.getMetadata().getUid())
        .withController(true)
        .withBlockOwnerDeletion(true)
        .build();
  }

  /** Whether the child was made for this parent, and not for another of the same name. */
  public static boolean isControlledBy(HasMetadata child, HasMetadata parent) {
    return child.getMetadata().getOwnerReferences().stream()
        .anyMatch(owner ->
            Boolean.TRUE.equals(owner.getController())
                && owner.getUid().equals(parent.getMetadata().getUid()));
  }

  /** Metadata of a new child in its parent's namespace. */
  public static ObjectMeta metadata(
      HasMetadata parent,
      String name,
      Map<String, String> labels,
      Map<String, String> annotations) {
    return new ObjectMetaBuilder()
        .withNamespace(parent.getMetadata().getNamespace())
        .withName(name)
        .withLabels(labels)
        .withAnnotations(annotations)
        .withOwnerReferences(controlledBy(parent))
        .build();
  }

  /** Whether someone asked for the object to be deleted: it is left to end in peace. */
  public static boolean isBeingDeleted(HasMetadata object) {
    return object.getMetadata().getDeletionTimestamp() != null;
  }

  /** The labels, empty if there are none. */
  public static Map<String, String> labels(HasMetadata object) {
    return orEmpty(object.getMetadata().getLabels());
  }

  /** The annotations, empty if there are none. */
  public static Map<String, String> annotations(HasMetadata object) {
    return orEmpty(object.getMetadata().getAnnotations());
  }

  /** The entries of a map without some keys, in their order; changeable. */
  public static Map<String, String> without(
      @Nullable Map<String, String> map, Collection<String> keys) {
    Map<String, String> result = new LinkedHashMap<>(orEmpty(map));
    result.keySet().removeAll(keys);
    return result;
  }

  /** The map, empty if there is none. */
  public static Map<String, String> orEmpty(@Nullable Map<String, String> map) {
    return map == null ? Map.of() : map;
  }
}
