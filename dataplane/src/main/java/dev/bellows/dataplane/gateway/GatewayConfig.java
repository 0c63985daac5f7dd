package dev.bellows.dataplane.gateway;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a gateway is told besides its routes.
 *
 * @param httpsPort the port that redirects lead to, where it is another than the one that this
 *     gateway listens on, as behind a Service
 * @param accessLog takes a line per request; none is written without it
 * @param waitPage after how long a person at a browser, waiting for a Service without a pod, gets a
 *     page that waits (ADR 0086); never without it
 */
public record GatewayConfig(
    OptionalInt httpsPort, Optional<AccessLog> accessLog, Optional<Duration> waitPage) {
  /** Redirects to its own port; no access log; no wait page. */
  public static final GatewayConfig DEFAULT =
      new GatewayConfig(OptionalInt.empty(), Optional.empty(), Optional.empty());
}
