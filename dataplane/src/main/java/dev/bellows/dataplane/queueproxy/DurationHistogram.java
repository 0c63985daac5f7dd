package dev.bellows.dataplane.queueproxy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/** Durations in the buckets that the original's dashboards expect (data-plane spec §6). */
public final class DurationHistogram {
  private static final long NANOS_PER_MILLI = 1_000_000;
  private static final long[] BOUNDS_MILLIS = {
    5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000
  };

  /** Upper bounds of the buckets but the last, in seconds. */
  public static final List<Double> BOUNDS_SECONDS = boundsSeconds();

  private final AtomicLongArray buckets = new AtomicLongArray(BOUNDS_MILLIS.length + 1);
  private final AtomicLong sumNanos = new AtomicLong();

  DurationHistogram() {}

  void record(long nanos) {
    int bucket = 0;
    while (bucket < BOUNDS_MILLIS.length && nanos > BOUNDS_MILLIS[bucket] * NANOS_PER_MILLI) {
      bucket++;
    }
    buckets.incrementAndGet(bucket);
    sumNanos.addAndGet(nanos);
  }

  Snapshot snapshot() {
    List<Long> counts = new ArrayList<>();
    for (int i = 0; i < buckets.length(); i++) {
      counts.add(buckets.get(i));
    }
    return new Snapshot(counts, sumNanos.get() / 1e9);
  }

  private static List<Double> boundsSeconds() {
    List<Double> seconds = new ArrayList<>();
    for (long millis : BOUNDS_MILLIS) {
      seconds.add(millis / 1e3);
    }
    return List.copyOf(seconds);
  }

  /**
   * What was recorded so far.
   *
   * @param counts per bucket, not cumulative; one more than {@link #BOUNDS_SECONDS}
   * @param sumSeconds of all durations
   */
  public record Snapshot(List<Long> counts, double sumSeconds) {
    public Snapshot {
      counts = List.copyOf(counts);
    }

    /** How many durations. */
    public long count() {
      return counts.stream().mapToLong(Long::longValue).sum();
    }
  }
}
