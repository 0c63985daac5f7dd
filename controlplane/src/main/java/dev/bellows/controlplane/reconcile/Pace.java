package dev.bellows.controlplane.reconcile;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Lets calls go at an {@link ApiRate}, in the order in which they were asked for. A reconciler has
 * a few workers, each of which asks for one call at a time: so one with many keys cannot keep
 * another waiting for longer than those few calls take.
 */
public final class Pace {
  private static final double NANOS_PER_SECOND = 1e9;

  /** Between two calls in the long run; 0 = nobody waits. */
  private final long intervalNanos;

  /** By how much calls may be ahead of the long run. */
  private final long aheadNanos;

  private final LongSupplier nanos;

  /** When the next call would go if there were no burst. */
  private long next;

  /**
   * @param nanos monotonic time
   */
  public Pace(ApiRate rate, LongSupplier nanos) {
    this.intervalNanos = rate.qps() == 0 ? 0 : Math.round(NANOS_PER_SECOND / rate.qps());
    this.aheadNanos = (long) ((rate.burst() - 1) * (double) intervalNanos);
    this.nanos = nanos;
    this.next = nanos.getAsLong();
  }

  /** Nobody waits. */
  public static Pace unlimited() {
    return new Pace(ApiRate.UNLIMITED, System::nanoTime);
  }

  /**
   * Returns when the caller's call may go.
   *
   * @throws InterruptedException if the caller is; its turn is then lost
   */
  public void await() throws InterruptedException {
    TimeUnit.NANOSECONDS.sleep(reserve());
  }

  /** Lets a call go at once, for which somebody waits; those that can wait go later for it. */
  public void goFirst() {
    reserve();
  }

  /** Takes the next turn; answers how long it is until then, in nanoseconds. */
  synchronized long reserve() {
    if (intervalNanos == 0) {
      return 0;
    }
    long now = nanos.getAsLong();
    if (next - now < 0) {
      next = now;
    }
    long wait = Math.max(0, next - now - aheadNanos);
    next += intervalNanos;
    return wait;
  }
}
