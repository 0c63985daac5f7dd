package dev.bellows.core.stat;

import java.util.List;

/**
 * What a {@link Window} of one-second buckets holds, told by age, so that whoever goes on with it
 * needs no clock that agrees with the other's.
 *
 * @param length of the window in seconds
 * @param newestFirst a value per second, from the newest one that was written; empty = nothing was
 *     written within the window
 * @param total their running sum, rounding errors included
 * @param newestAge seconds since the newest
 * @param oldestAge seconds since the oldest that counts; a window's length more than the newest
 *     stands for all that is older
 */
public record WindowSnapshot(
    int length, List<Double> newestFirst, double total, long newestAge, long oldestAge) {
  /** A day, as of a window. */
  private static final int LONGEST = 86_400;

  public WindowSnapshot {
    newestFirst = List.copyOf(newestFirst);
    if (length < 1 || length > LONGEST) {
      throw new IllegalArgumentException("a window of " + length + " s");
    }
    if (!newestFirst.isEmpty() && newestFirst.size() != length) {
      throw new IllegalArgumentException(newestFirst.size() + " values for " + length + " s");
    }
    if (!Double.isFinite(total) || !newestFirst.stream().allMatch(Double::isFinite)) {
      throw new IllegalArgumentException("a value that is no finite number");
    }
    if (newestAge < 0 || newestAge > length || newestAge > oldestAge || oldestAge > 2L * length) {
      throw new IllegalArgumentException("ages " + newestAge + " and " + oldestAge + " s");
    }
  }

  /** Nothing was written within the window. */
  public static WindowSnapshot empty(int length) {
    return new WindowSnapshot(length, List.of(), 0, 0, 0);
  }

  /** Whether there is nothing to go on with. */
  public boolean isEmpty() {
    return newestFirst.isEmpty();
  }
}
