package dev.bellows.core.kpa;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Remembers what was wanted lately, so that fewer pods are followed only once they have been enough
 * for a while (autoscaling spec §4, delay window).
 *
 * <p>A sliding maximum over slots of two seconds. Kept are only values that may still become the
 * maximum: each newer than and less than the one before it, so the oldest kept is the maximum. That
 * is at most one per slot, and usually a handful.
 */
final class ScaleDownDelay {
  /** Length of one slot: the time between two decisions. */
  private static final int SLOT_SECONDS = 2;

  private static final int FIRST_CAPACITY = 4;

  private final long slots;
  // A ring: `count` entries from `oldest` on, slots rising, values falling.
  private long[] slot = new long[FIRST_CAPACITY];
  private int[] value = new int[FIRST_CAPACITY];
  private int oldest;
  private int count;

  /**
   * Nothing is remembered yet.
   *
   * @param delay how long a value is held, positive
   */
  ScaleDownDelay(Duration delay) {
    this.slots = Math.ceilDiv(delay.toMillis(), SLOT_SECONDS * 1000L);
  }

  /** What it remembers, the oldest first, with the age of each in slots. */
  List<AutoscalerSnapshot.Held> held(Instant now) {
    long current = slotOf(now);
    List<AutoscalerSnapshot.Held> held = new ArrayList<>(count);
    int index = oldest;
    for (int i = 0; i < count; i++) {
      held.add(new AutoscalerSnapshot.Held(current - slot[index], value[index]));
      index = next(index);
    }
    return held;
  }

  /** Remembers what another did, as if no time had passed since; before anything else. */
  void restore(Instant now, List<AutoscalerSnapshot.Held> held) {
    long current = slotOf(now);
    held.forEach(each -> append(current - each.age(), each.pods()));
  }

  /** Remembers a value and answers with the greatest that is still remembered. */
  int holdAt(Instant now, int wanted) {
    long current = slotOf(now);
    while (count > 0 && current - slot[oldest] >= slots) {
      oldest = next(oldest);
      count--;
    }
    while (count > 0 && value[newest()] <= wanted) {
      count--;
    }
    // A lower value in the slot of a greater one can never become the maximum.
    if (count == 0 || slot[newest()] < current) {
      append(current, wanted);
    }
    return value[oldest];
  }

  private void append(long current, int wanted) {
    if (count == slot.length) {
      grow();
    }
    count++;
    slot[newest()] = current;
    value[newest()] = wanted;
  }

  private void grow() {
    int capacity = slot.length;
    slot = Arrays.copyOf(slot, 2 * capacity);
    value = Arrays.copyOf(value, 2 * capacity);
    // The part that had wrapped around to the start now follows the part at the end.
    System.arraycopy(slot, 0, slot, capacity, oldest);
    System.arraycopy(value, 0, value, capacity, oldest);
  }

  private static long slotOf(Instant now) {
    return Math.floorDiv(now.getEpochSecond(), (long) SLOT_SECONDS);
  }

  private int newest() {
    return (oldest + count - 1) & (slot.length - 1);
  }

  private int next(int index) {
    return (index + 1) & (slot.length - 1);
  }
}
