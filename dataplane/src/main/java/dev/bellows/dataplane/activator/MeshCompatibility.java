package dev.bellows.dataplane.activator;

/**
 * How an activator reaches the pods behind a Service that has an address of its own ({@code
 * mesh-compatibility-mode} of {@code config-network}, data-plane spec §4.6).
 */
public enum MeshCompatibility {
  /** Each by its own address, unless pods that Kubernetes calls ready do not answer there. */
  AUTO,
  /** Through the Service alone. */
  ENABLED,
  /** Each by its own address, whatever it answers. */
  DISABLED
}
