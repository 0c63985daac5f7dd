package dev.bellows.controlplane.reconcile;

/**
 * How names inside the cluster end, and how URLs of the public ones are written.
 *
 * @param clusterDomain such as {@code cluster.local}
 * @param ports where the public ones are served
 */
public record HostForm(String clusterDomain, PublicPorts ports) {
  /** Of hosts that are served at the usual ports. */
  public static HostForm of(String clusterDomain) {
    return new HostForm(clusterDomain, PublicPorts.USUAL);
  }

  /** The URL of a public host. */
  public String url(String scheme, String host) {
    return scheme + "://" + host + ports.suffix(scheme);
  }
}
