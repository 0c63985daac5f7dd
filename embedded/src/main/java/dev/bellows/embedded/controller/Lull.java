package dev.bellows.embedded.controller;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Tells whether everybody else has ceased to write for a while: what nobody waits for is better
 * done then, and not between the writes that somebody waits for. For one thread.
 */
final class Lull {
  private final LongSupplier lastWrite;
  private final LongSupplier nanos;
  private final long length;
  private long seen;
  private long since;

  /**
   * A lull begins when this has been made, or later.
   *
   * @param lastWrite a number that another write changes
   * @param nanos the time, as {@link System#nanoTime} tells it
   * @param length how long nobody must have written
   */
  Lull(LongSupplier lastWrite, LongSupplier nanos, Duration length) {
    this.lastWrite = lastWrite;
    this.nanos = nanos;
    this.length = length.toNanos();
    seen = lastWrite.getAsLong();
    since = nanos.getAsLong();
  }

  /** Whether nobody has written for so long. Only what happens between two looks is noticed. */
  boolean isNow() {
    long last = lastWrite.getAsLong();
    long now = nanos.getAsLong();
    if (last != seen) {
      seen = last;
      since = now;
    }
    return now - since >= length;
  }

  /** The last write was the asker's own, which ends no lull. */
  void goesOn() {
    seen = lastWrite.getAsLong();
  }
}
