package dev.bellows.dataplane.activator;

import dev.bellows.core.revision.RevisionId;
import dev.bellows.dataplane.proxy.Exchange;
import dev.bellows.dataplane.proxy.Stage;
import java.util.Objects;

/** Counts a request from here to its end, waiting included (data-plane spec §5.1). */
final class RequestCount implements Stage {
  private final ConcurrencyReporter reporter;

  RequestCount(ConcurrencyReporter reporter) {
    this.reporter = reporter;
  }

  @Override
  public void handle(Exchange exchange) {
    RevisionId revision =
        Objects.requireNonNull(exchange.get(RevisionLookup.REVISION)).revision().id();
    reporter.requestIn(revision);
    exchange.onEnd((_, _) -> reporter.requestOut(revision));
    exchange.proceed();
  }

  @Override
  public String toString() {
    return "request count";
  }
}
