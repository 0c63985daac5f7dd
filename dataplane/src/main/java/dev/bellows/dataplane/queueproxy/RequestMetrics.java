package dev.bellows.dataplane.queueproxy;

import dev.bellows.dataplane.proxy.EndListener;
import dev.bellows.dataplane.proxy.Exchange;
import dev.bellows.dataplane.proxy.Stage;
import dev.bellows.dataplane.telemetry.Histogram;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * How long the user container took, by status; metric {@code kn.serving.invocation.duration}
 * (data-plane spec §6). Waiting for a place is not part of it, and probes are not counted.
 */
final class RequestMetrics implements Stage {
  private static final int FIRST_STATUS = 100;
  private static final int LAST_STATUS = 599;

  private final AtomicReferenceArray<Histogram> byStatus =
      new AtomicReferenceArray<>(LAST_STATUS - FIRST_STATUS + 1);
  private final EndListener count =
      (exchange, end) ->
          histogram(exchange.status()).record(exchange.nowNanos() - Meter.admittedNanos(exchange));

  @Override
  public void handle(Exchange exchange) {
    boolean probe =
        RequestHeaders.kubeletProbe(exchange.headers())
            || RequestHeaders.networkProbe(exchange.headers()) != null;
    if (!probe) {
      exchange.onEnd(count);
    }
    exchange.proceed();
  }

  // A client that left before any status is counted as 200, as in the original (§3.5).
  private Histogram histogram(int status) {
    int index =
        status < FIRST_STATUS || status > LAST_STATUS ? 200 - FIRST_STATUS : status - FIRST_STATUS;
    Histogram histogram = byStatus.get(index);
    if (histogram == null) {
      byStatus.compareAndSet(index, null, Histogram.ofDurations());
      histogram = byStatus.get(index);
    }
    return histogram;
  }

  /** What has been counted, by status, the smallest first. */
  SortedMap<Integer, Histogram.Snapshot> snapshot() {
    SortedMap<Integer, Histogram.Snapshot> counted = new TreeMap<>();
    for (int i = 0; i < byStatus.length(); i++) {
      Histogram histogram = byStatus.get(i);
      if (histogram != null) {
        counted.put(FIRST_STATUS + i, histogram.snapshot());
      }
    }
    return counted;
  }
}
