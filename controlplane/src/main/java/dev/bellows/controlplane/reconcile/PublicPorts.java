package dev.bellows.controlplane.reconcile;

import java.util.OptionalInt;

/**
 * Where the world reaches the gateway (ADR 0097).
 *
 * @param http without TLS; empty = at 80
 * @param https by TLS; empty = at 443
 */
public record PublicPorts(OptionalInt http, OptionalInt https) {
  /** The ones that a URL need not name. */
  public static final PublicPorts USUAL = new PublicPorts(OptionalInt.empty(), OptionalInt.empty());

  /** What follows the host in a URL: {@code :PORT}, or nothing. */
  String suffix(String scheme) {
    boolean tls = scheme.equals("https");
    int usual = tls ? 443 : 80;
    int port = (tls ? https : http).orElse(usual);
    return port == usual ? "" : ":" + port;
  }
}
