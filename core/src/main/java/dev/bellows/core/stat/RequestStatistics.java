package dev.bellows.core.stat;

/**
 * Time-weighted request statistics of one source, a queue-proxy or an activator's Revision
 * (data-plane spec §3.7, §5.1).
 *
 * <p>State: the requests in flight now, and three sums over the current window (concurrency × time,
 * proxied concurrency × time, time). An event or a report first accounts for the time since the
 * last one at the concurrency held since then. Time that goes backwards is ignored; the event still
 * counts.
 *
 * <p>Instants are monotonic nanoseconds of the caller's clock. Not thread-safe: the caller confines
 * it or guards it. An event neither allocates nor blocks. The sums are exact integers; a source
 * with 100,000 requests in flight would overflow them after 25 hours without a report, and reports
 * are due every second.
 */
public final class RequestStatistics {
  private long lastChangeNanos;
  private long inFlight;
  private long proxiedInFlight;

  // Sums of the current window, set to zero by a report.
  private long elapsedNanos;
  private long weightNanos;
  private long proxiedWeightNanos;
  private long requestCount;
  private long proxiedRequestCount;

  /** Starts the first window, with nothing in flight. */
  public RequestStatistics(long nowNanos) {
    this.lastChangeNanos = nowNanos;
  }

  /** A request came straight from an ingress. */
  public void requestIn(long nowNanos) {
    advance(nowNanos);
    inFlight++;
    requestCount++;
  }

  /** A request that came by {@link #requestIn} is done. */
  public void requestOut(long nowNanos) {
    advance(nowNanos);
    inFlight--;
  }

  /** A request came through an activator, which counts it as well. */
  public void proxiedIn(long nowNanos) {
    requestIn(nowNanos);
    proxiedInFlight++;
    proxiedRequestCount++;
  }

  /** A request that came by {@link #proxiedIn} is done. */
  public void proxiedOut(long nowNanos) {
    requestOut(nowNanos);
    proxiedInFlight--;
  }

  /** Ends the window and starts the next one; what is in flight stays in flight. */
  public RequestReport report(long nowNanos) {
    advance(nowNanos);
    RequestReport report =
        new RequestReport(
            average(weightNanos), average(proxiedWeightNanos), requestCount, proxiedRequestCount);
    elapsedNanos = 0;
    weightNanos = 0;
    proxiedWeightNanos = 0;
    requestCount = 0;
    proxiedRequestCount = 0;
    return report;
  }

  /** Requests in flight now, waiting ones included. */
  public long inFlight() {
    return inFlight;
  }

  private void advance(long nowNanos) {
    long delta = nowNanos - lastChangeNanos;
    if (delta <= 0) {
      return;
    }
    weightNanos += inFlight * delta;
    proxiedWeightNanos += proxiedInFlight * delta;
    elapsedNanos += delta;
    lastChangeNanos = nowNanos;
  }

  private double average(long weight) {
    return elapsedNanos == 0 ? 0 : (double) weight / elapsedNanos;
  }
}
