package dev.bellows.dataplane.telemetry;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/** Counts values in the buckets that the original's dashboards expect (data-plane spec §6). */
public final class Histogram {
  private static final double NANOS_PER_SECOND = 1e9;

  private static final long[] NANOS =
      millis(5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000);

  /** What OpenTelemetry takes where nothing is said. */
  private static final long[] BYTES = {
    0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000
  };

  private final long[] bounds;
  private final double unit;
  private final AtomicLongArray buckets;
  private final AtomicLong sum = new AtomicLong();

  private Histogram(long[] bounds, double unit) {
    this.bounds = bounds;
    this.unit = unit;
    this.buckets = new AtomicLongArray(bounds.length + 1);
  }

  private static long[] millis(long... millis) {
    return Arrays.stream(millis).map(each -> each * 1_000_000).toArray();
  }

  /** Recorded in nanoseconds, told in seconds. */
  public static Histogram ofDurations() {
    return new Histogram(NANOS, NANOS_PER_SECOND);
  }

  /** Recorded and told in bytes. */
  public static Histogram ofSizes() {
    return new Histogram(BYTES, 1);
  }

  /** Counts a value, in the unit that the histogram records. */
  public void record(long value) {
    int bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]) {
      bucket++;
    }
    buckets.incrementAndGet(bucket);
    sum.addAndGet(value);
  }

  /** What it has counted. */
  public Snapshot snapshot() {
    List<Long> counts = new ArrayList<>();
    for (int i = 0; i < buckets.length(); i++) {
      counts.add(buckets.get(i));
    }
    return new Snapshot(
        Arrays.stream(bounds).mapToObj(bound -> bound / unit).toList(), counts, sum.get() / unit);
  }

  /**
   * What was recorded so far.
   *
   * @param bounds upper bounds of the buckets but the last, inclusive
   * @param counts per bucket, not cumulative; one more than {@code bounds}
   * @param sum of all values
   */
  public record Snapshot(List<Double> bounds, List<Long> counts, double sum) {
    public Snapshot {
      bounds = List.copyOf(bounds);
      counts = List.copyOf(counts);
    }

    /** How many values. */
    public long count() {
      return counts.stream().mapToLong(Long::longValue).sum();
    }
  }
}
