package dev.bellows.controlplane.reconcile;

import java.util.OptionalInt;

/**
 * How names inside the cluster end, and how URLs of the public ones are written.
 *
 * @param clusterDomain such as {@code cluster.local}
 * @param httpPort where plain HTTP is served, if that is not the port that needs no mention (ADR
 *     0097)
 */
public record HostForm(String clusterDomain, OptionalInt httpPort) {
  private static final int DEFAULT_HTTP_PORT = 80;

  public HostForm {
    if (httpPort.isPresent() && httpPort.getAsInt() == DEFAULT_HTTP_PORT) {
      httpPort = OptionalInt.empty();
    }
  }

  /** Of hosts that are served at the usual ports. */
  public static HostForm of(String clusterDomain) {
    return new HostForm(clusterDomain, OptionalInt.empty());
  }

  /** The URL of a public host. */
  public String url(String scheme, String host) {
    String port = httpPort.isPresent() && scheme.equals("http") ? ":" + httpPort.getAsInt() : "";
    return scheme + "://" + host + port;
  }
}
