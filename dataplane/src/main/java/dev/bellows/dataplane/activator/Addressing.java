package dev.bellows.dataplane.activator;

/**
 * How pods are reached, as {@code config-network} says.
 *
 * @param mode whether by their own addresses or through their Service
 * @param throughMesh whether a mesh lets requests pass to a pod's own address that say so ({@code
 *     enable-mesh-pod-addressability}); then the Service is never needed
 */
public record Addressing(MeshCompatibility mode, boolean throughMesh) {
  /** What holds where nothing is said. */
  public static final Addressing DEFAULT = new Addressing(MeshCompatibility.AUTO, false);

  /** The header by which a mesh knows a request for the pod that it was sent to. */
  static final String PASSTHROUGH = "K-Passthrough-Lb";
}
