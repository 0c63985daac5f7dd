package dev.bellows.embedded.apiserver;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Memory that many requests share: what one takes another cannot have before it is given back. What
 * wants more than all of it gets all of it, alone. Counted in KiB.
 */
final class ByteBudget {
  private static final int UNIT = 1 << 10;

  /**
   * Two of a sort: a client that takes its answer slowly holds a share for as long, and one with a
   * pod's token is not to hold that of the owner and Bellows' own parts.
   */
  record Pair(ByteBudget masters, ByteBudget others) {
    ByteBudget of(User user) {
      return user.isMaster() ? masters : others;
    }
  }

  private final int units;
  private final Semaphore left;

  ByteBudget(int bytes) {
    this.units = bytes / UNIT;
    this.left = new Semaphore(units, true);
  }

  /** A share, to be given back once. */
  final class Share implements AutoCloseable {
    private final int taken;

    private Share(int taken) {
      this.taken = taken;
    }

    @Override
    public void close() {
      left.release(taken);
    }
  }

  /** What a number of bytes counts as. */
  static long rounded(long bytes) {
    return (bytes + UNIT - 1) / UNIT * UNIT;
  }

  private int units(long bytes) {
    return (int) Math.min(units, (bytes + UNIT - 1) / UNIT);
  }

  /** Takes at once, or not at all; {@link #giveBack} ends it. */
  boolean tryTake(long bytes) {
    return left.tryAcquire(units(bytes));
  }

  /** Gives back what {@link #tryTake} took by the same number of bytes. */
  void giveBack(long bytes) {
    left.release(units(bytes));
  }

  /**
   * Takes a share, waiting for others to give theirs back.
   *
   * @throws ApiException 429 if they do not in time
   */
  Share take(long bytes, Duration patience) {
    int wanted = units(bytes);
    try {
      if (left.tryAcquire(wanted, patience.toNanos(), TimeUnit.NANOSECONDS)) {
        return new Share(wanted);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw ApiException.tooManyRequests();
  }
}
