package dev.bellows.dataplane.activator;

import dev.bellows.dataplane.proxy.Exchange;
import dev.bellows.dataplane.proxy.Stage;
import dev.bellows.dataplane.telemetry.HttpTelemetry;
import java.util.Objects;

/** Holds the request until a pod of its Revision has room, and sends it there. */
final class ThrottledForward implements Stage {
  private final Throttler throttler;

  ThrottledForward(Throttler throttler) {
    this.throttler = throttler;
  }

  @Override
  public void handle(Exchange exchange) {
    HttpTelemetry.waits(exchange);
    new Passage(throttler, exchange, Objects.requireNonNull(exchange.get(RevisionLookup.REVISION)))
        .start();
  }

  @Override
  public String toString() {
    return "throttled forward";
  }
}
