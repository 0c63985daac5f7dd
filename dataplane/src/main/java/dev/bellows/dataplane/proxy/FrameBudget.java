package dev.bellows.dataplane.proxy;

import java.util.function.LongSupplier;

/**
 * How many frames of a kind a peer may send in {@link Limits#FRAME_WINDOW}: a fixed number, and two
 * for each frame that carried something, so that who answers every piece of data with a ping or two
 * (some clients measure the path in that way) never meets the bound.
 */
final class FrameBudget {
  private static final int EARNED = 2;

  private final int allowed;
  private final LongSupplier nanoClock;
  private long windowStartNanos;
  private int left;

  FrameBudget(int allowed, LongSupplier nanoClock) {
    this.allowed = allowed;
    this.nanoClock = nanoClock;
    this.windowStartNanos = nanoClock.getAsLong();
    this.left = allowed;
  }

  /** A frame that carried something has come. */
  void earn() {
    if (left < Integer.MAX_VALUE - EARNED) {
      left += EARNED;
    }
  }

  /** Takes one, unless there is none left. */
  boolean take() {
    if (left > 0) {
      left--;
      return true;
    }
    long now = nanoClock.getAsLong();
    if (now - windowStartNanos < Limits.FRAME_WINDOW.toNanos()) {
      return false;
    }
    windowStartNanos = now;
    left = allowed - 1;
    return true;
  }
}
