package dev.bellows.core.stat;

import java.time.Duration;
import java.time.Instant;

/**
 * What is collected about one Revision: its concurrency and its requests per second, each through a
 * stable and a panic window (autoscaling spec §5).
 *
 * <p>Not safe for use by several threads. Recording allocates nothing.
 */
public final class MetricCollection {
  private final Aggregation aggregation;
  private final Window concurrencyStable;
  private final Window concurrencyPanic;
  private final Window rpsStable;
  private final Window rpsPanic;
  private Silence silence;

  /** Seconds before this one were collected by another, or by nobody. */
  private long since = Long.MIN_VALUE;

  /**
   * Empty windows.
   *
   * @param aggregation how they are averaged; fixed from here on
   * @param stableWindow length of the stable windows, positive
   * @param panicWindow length of the panic windows, positive
   * @param silence what it means that nothing was recorded
   */
  public MetricCollection(
      Aggregation aggregation, Duration stableWindow, Duration panicWindow, Silence silence) {
    this.aggregation = aggregation;
    this.concurrencyStable = new Window(aggregation, stableWindow);
    this.concurrencyPanic = new Window(aggregation, panicWindow);
    this.rpsStable = new Window(aggregation, stableWindow);
    this.rpsPanic = new Window(aggregation, panicWindow);
    this.silence = silence;
  }

  /**
   * Goes on where another collection stood still, as if no time had passed since: what nobody
   * measured is not counted as no load. What is reported of the time between is left out.
   *
   * @param silence what it means that nothing was recorded
   * @param now the present; in the second of the snapshot nothing is shifted
   */
  public MetricCollection(CollectionSnapshot snapshot, Silence silence, Instant now) {
    this.aggregation = snapshot.aggregation();
    this.since = now.getEpochSecond();
    // What is measured from now on must not add to what was measured last.
    long base = since == snapshot.takenAt().getEpochSecond() ? since : since - 1;
    this.concurrencyStable = new Window(aggregation, snapshot.concurrencyStable(), base);
    this.concurrencyPanic = new Window(aggregation, snapshot.concurrencyPanic(), base);
    this.rpsStable = new Window(aggregation, snapshot.rpsStable(), base);
    this.rpsPanic = new Window(aggregation, snapshot.rpsPanic(), base);
    this.silence = silence;
  }

  /** What it holds, for who goes on with it. */
  public CollectionSnapshot snapshot(Instant now) {
    return new CollectionSnapshot(
        now,
        aggregation,
        concurrencyStable.snapshot(now),
        concurrencyPanic.snapshot(now),
        rpsStable.snapshot(now),
        rpsPanic.snapshot(now));
  }

  /**
   * Takes in one report. What came through an activator is left out: the activator reports it
   * itself. A report that is not a finite number is ignored, for it would hide all others.
   *
   * @param at when it was received; {@link Stat#timestamp()} is for those that pass it on
   */
  public void record(Instant at, Stat stat) {
    record(
        at,
        stat.averageConcurrentRequests() - stat.averageProxiedConcurrentRequests(),
        stat.requestCount() - stat.proxiedRequestCount());
  }

  private void record(Instant at, double concurrency, double rps) {
    if (!Double.isFinite(concurrency) || !Double.isFinite(rps) || at.getEpochSecond() < since) {
      return;
    }
    concurrencyStable.record(at, concurrency);
    concurrencyPanic.record(at, concurrency);
    rpsStable.record(at, rps);
    rpsPanic.record(at, rps);
  }

  /** The Revision's requests in flight, as both windows show them at a moment. */
  public Observation concurrencyAt(Instant now) {
    return observe(concurrencyStable, concurrencyPanic, now);
  }

  /** The Revision's requests per second, as both windows show them at a moment. */
  public Observation requestsPerSecondAt(Instant now) {
    return observe(rpsStable, rpsPanic, now);
  }

  private Observation observe(Window stable, Window panic, Instant now) {
    if (silence == Silence.NO_DATA && stable.isEmptyAt(now)) {
      return Observation.Missing.NO_DATA;
    }
    return new Observation.Load(stable.averageAt(now), panic.averageAt(now));
  }

  /** Follows a changed Metric; the aggregation stays what it was (autoscaling spec §5). */
  public void update(Duration stableWindow, Duration panicWindow, Silence silence, Instant now) {
    this.silence = silence;
    concurrencyStable.resize(stableWindow, now);
    concurrencyPanic.resize(panicWindow, now);
    rpsStable.resize(stableWindow, now);
    rpsPanic.resize(panicWindow, now);
  }
}
