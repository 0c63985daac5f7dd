package dev.bellows.core.route;

/**
 * Names one Kubernetes (core/v1) Service.
 *
 * @param namespace its namespace
 * @param name its name
 */
public record ServiceId(String namespace, String name) {
  /** {@code namespace/name}. */
  @Override
  public String toString() {
    return namespace + "/" + name;
  }
}
