package dev.bellows.core.revision;

/**
 * Names one Revision; the PodAutoscaler, Metric, Decider and ServerlessService of a Revision share
 * it.
 *
 * @param namespace the Kubernetes namespace, never empty
 * @param name the object's name, never empty
 */
public record RevisionId(String namespace, String name) implements Comparable<RevisionId> {
  public RevisionId {
    if (namespace.isEmpty() || name.isEmpty()) {
      throw new IllegalArgumentException(
          "a revision needs a namespace and a name, got '" + namespace + "/" + name + "'");
    }
  }

  @Override
  public int compareTo(RevisionId other) {
    int byNamespace = namespace.compareTo(other.namespace);
    return byNamespace != 0 ? byNamespace : name.compareTo(other.name);
  }

  /** {@code namespace/name}, the key upstream hashes and logs. */
  @Override
  public String toString() {
    return namespace + "/" + name;
  }
}
