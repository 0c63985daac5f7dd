package dev.bellows.controlplane.watch;

import io.fabric8.kubernetes.api.model.HasMetadata;

/**
 * Names one object among those of its kind.
 *
 * @param namespace its namespace; empty for cluster-scoped kinds
 * @param name its name
 */
public record Key(String namespace, String name) {
  /** The key of an object; a missing namespace is the empty one. */
  public static Key of(HasMetadata object) {
    String namespace = object.getMetadata().getNamespace();
    return new Key(namespace == null ? "" : namespace, object.getMetadata().getName());
  }

  /** {@code namespace/name}, the key upstream hashes and logs. */
  @Override
  public String toString() {
    return namespace.isEmpty() ? name : namespace + "/" + name;
  }
}
