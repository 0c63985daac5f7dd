package dev.bellows.core.stat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A sliding window over one revision-wide number, in buckets of whole seconds (autoscaling spec
 * §5).
 *
 * <p>A ring of N buckets. Everything recorded within one bucket's time adds up, so samples of
 * several sources in the same second are one revision-wide sum. {@code last} is the newest bucket
 * ever written and moves forward only; {@code first} is the oldest that counts, so that a window
 * that is not full yet is averaged over the time it has seen. Buckets are cleared when {@code last}
 * passes over them, never by a read: reading has no effect.
 *
 * <p>The total is a running one, subtracted from in the order upstream does: its rounding error is
 * far below the 6 decimals of an average, but it decides recorded cases that end in exactly a half.
 *
 * <p>Not safe for use by several threads. Recording and reading allocate nothing.
 */
public final class Window {
  /** A bucket's time before any other; a fraction of the range, so that differences fit. */
  private static final long NEVER = Long.MIN_VALUE / 4;

  /** No weight falls below this, however long the window (autoscaling spec §5). */
  private static final double MIN_SMOOTHING = 0.2;

  /** What all older buckets together may weigh when the smoothing is chosen by the length. */
  private static final double NEGLIGIBLE = 0.0001;

  private static final double ROUNDING = 1e6;

  /**
   * The longest window. Annotations may ask for an hour; a Metric written by hand may ask for more,
   * but must not take all memory.
   */
  private static final Duration LONGEST = Duration.ofDays(1);

  private final Aggregation aggregation;
  private final long bucketSeconds;
  private long windowSeconds;
  private double[] buckets;
  private double smoothing;
  private double total;

  /** Where in the ring the bucket of {@code last} is. */
  private int newest;

  private long first = NEVER;
  private long last = NEVER;

  /** A window of one-second buckets; see {@link #Window(Aggregation, Duration, Duration)}. */
  public Window(Aggregation aggregation, Duration length) {
    this(aggregation, length, Duration.ofSeconds(1));
  }

  /**
   * An empty window.
   *
   * @param aggregation how its buckets become one value
   * @param length how far it looks back; a fraction of a second counts as a whole one
   * @param bucket length of one bucket, whole seconds
   * @throws IllegalArgumentException if a length is not positive, the window is longer than a day,
   *     or a bucket is not whole seconds
   */
  public Window(Aggregation aggregation, Duration length, Duration bucket) {
    if (!bucket.isPositive() || bucket.toNanosPart() != 0) {
      throw new IllegalArgumentException("a bucket must be whole seconds long, got " + bucket);
    }
    this.aggregation = aggregation;
    this.bucketSeconds = bucket.toSeconds();
    this.windowSeconds = wholeSeconds(length);
    this.buckets = new double[bucketCount()];
    this.smoothing = smoothing(buckets.length);
  }

  /**
   * A window that goes on where another stood still.
   *
   * @param base the second that the other's last moment becomes
   */
  Window(Aggregation aggregation, WindowSnapshot snapshot, long base) {
    this(aggregation, Duration.ofSeconds(snapshot.length()));
    if (snapshot.isEmpty()) {
      return;
    }
    last = base - snapshot.newestAge();
    first = base - snapshot.oldestAge();
    newest = buckets.length - 1;
    for (int age = 0; age < buckets.length; age++) {
      buckets[newest - age] = snapshot.newestFirst().get(age);
    }
    total = snapshot.total();
  }

  /** What it holds, told by age; of one-second buckets only. */
  WindowSnapshot snapshot(Instant now) {
    if (bucketSeconds != 1) {
      throw new IllegalStateException("only a window of one-second buckets is handed over");
    }
    if (first == NEVER || isEmptyAt(now)) {
      return WindowSnapshot.empty(buckets.length);
    }
    List<Double> newestFirst = new ArrayList<>(buckets.length);
    for (int age = 0; age < buckets.length; age++) {
      newestFirst.add(buckets[Math.floorMod(newest - age, buckets.length)]);
    }
    // Of a clock that was set back: as if just now. What is older than the window counts no more.
    long newestAge = Math.max(0, now.getEpochSecond() - last);
    long span = Math.min(last - first, buckets.length);
    return new WindowSnapshot(buckets.length, newestFirst, total, newestAge, newestAge + span);
  }

  /**
   * Adds a value to the bucket of a moment. A moment that has already left the window is ignored; a
   * late one that has not is put where it belongs.
   */
  public void record(Instant at, double value) {
    long second = at.getEpochSecond();
    // Told apart first, because most reports are of the newest bucket: no division for them.
    if (second < last || second - last >= bucketSeconds) {
      recordElsewhere(bucketOf(second), value);
    } else {
      buckets[newest] += value;
      total += value;
    }
  }

  private void recordElsewhere(long bucket, double value) {
    if (last - bucket >= windowSeconds) {
      return;
    }
    if (first == NEVER || first > bucket) {
      first = bucket;
    }
    if (bucket > last) {
      advanceTo(bucket);
      buckets[newest] += value;
    } else {
      int age = (int) ((last - bucket) / bucketSeconds);
      buckets[newest >= age ? newest - age : newest - age + buckets.length] += value;
    }
    total += value;
  }

  private void advanceTo(long bucket) {
    if (bucket - last >= windowSeconds) {
      Arrays.fill(buckets, 0);
      total = 0;
      first = bucket;
    } else {
      for (long passed = last; passed < bucket; passed += bucketSeconds) {
        newest = next(newest);
        total -= buckets[newest];
        buckets[newest] = 0;
      }
    }
    last = bucket;
  }

  /** Whether nothing was recorded within the window before a moment. */
  public boolean isEmptyAt(Instant now) {
    return bucketOf(now.getEpochSecond()) - last > windowSeconds;
  }

  /**
   * The window's value at a moment, per bucket.
   *
   * <p>Linear: the average of the buckets since the first one written, rounded to 6 decimals.
   * Silence at the end shortens the window instead of counting as zero (a late scrape must not look
   * like less load); silence in between counts. Weighted: each bucket's weight is the smoothing
   * factor times what the newer ones left, not rounded, not normalised. Nothing recorded: 0.
   */
  public double averageAt(Instant now) {
    return switch (aggregation) {
      case LINEAR -> linear(bucketOf(now.getEpochSecond()));
      case WEIGHTED_EXPONENTIAL -> weighted(bucketOf(now.getEpochSecond()));
    };
  }

  private double linear(long now) {
    if (now <= last) {
      return round(total / filled(buckets.length));
    }
    if (now - last >= windowSeconds) {
      return 0;
    }
    double remaining = total;
    int silent = (int) ((now - last) / bucketSeconds);
    int index = newest;
    for (int i = 0; i < silent; i++) {
      index = next(index);
      remaining -= buckets[index];
    }
    return round(remaining / filled(buckets.length - silent));
  }

  /** How many buckets an average is taken over: those since the first, at most {@code most}. */
  private int filled(int most) {
    return (int) Math.min((last - first) / bucketSeconds + 1, most);
  }

  private double weighted(long now) {
    long silent = Math.max(0, now - last) / bucketSeconds;
    if (silent >= buckets.length) {
      return 0;
    }
    double weight = smoothing * Math.pow(1 - smoothing, (double) silent);
    double result = 0;
    int index = newest;
    for (long age = silent; age < buckets.length; age++) {
      result += buckets[index] * weight;
      weight *= 1 - smoothing;
      index = index == 0 ? buckets.length - 1 : index - 1;
    }
    return result;
  }

  /**
   * Makes the window longer or shorter; what it held within the new length stays. From then on the
   * average is taken over the whole old length, even if that was not full (autoscaling spec §5,
   * worked example 31).
   *
   * @throws IllegalArgumentException if the length is not positive or longer than a day
   */
  public void resize(Duration length, Instant now) {
    long seconds = wholeSeconds(length);
    if (seconds == windowSeconds) {
      return;
    }
    double[] old = buckets;
    int newestOld = newest;
    boolean stillInside = !isEmptyAt(now);
    windowSeconds = seconds;
    buckets = new double[bucketCount()];
    smoothing = smoothing(buckets.length);
    total = 0;
    newest = 0;
    if (!stillInside) {
      first = NEVER;
      return;
    }
    first = last - (old.length - 1) * bucketSeconds;
    int kept = Math.min(old.length, buckets.length);
    newest = kept - 1;
    for (int age = 0; age < kept; age++) {
      double value = old[Math.floorMod(newestOld - age, old.length)];
      buckets[newest - age] = value;
      total += value;
    }
  }

  private long bucketOf(long second) {
    return bucketSeconds == 1 ? second : second - Math.floorMod(second, bucketSeconds);
  }

  private int next(int index) {
    return index + 1 == buckets.length ? 0 : index + 1;
  }

  private int bucketCount() {
    return Math.toIntExact(Math.ceilDiv(windowSeconds, bucketSeconds));
  }

  private static long wholeSeconds(Duration length) {
    if (!length.isPositive() || length.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          "a window must be longer than zero and at most " + LONGEST + ", got " + length);
    }
    return length.toSeconds() + (length.toNanosPart() > 0 ? 1 : 0);
  }

  private static double smoothing(int bucketCount) {
    return Math.max(MIN_SMOOTHING, 1 - Math.pow(NEGLIGIBLE, 1.0 / bucketCount));
  }

  /** To 6 decimals, halves away from zero; Math.round would take negative halves upwards. */
  private static double round(double value) {
    double scaled = Math.abs(value) * ROUNDING;
    double whole = Math.floor(scaled);
    return Math.copySign((scaled - whole >= 0.5 ? whole + 1 : whole) / ROUNDING, value);
  }
}
