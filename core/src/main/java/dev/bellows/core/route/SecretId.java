package dev.bellows.core.route;

/**
 * Names one Kubernetes Secret.
 *
 * @param namespace its namespace
 * @param name its name
 */
public record SecretId(String namespace, String name) {
  /** {@code namespace/name}. */
  @Override
  public String toString() {
    return namespace + "/" + name;
  }
}
