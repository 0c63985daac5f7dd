package dev.bellows.controlplane.reconcile;

import dev.bellows.controlplane.reconcile.PendingKeys.Lane;
import dev.bellows.controlplane.reconcile.PendingKeys.Taken;
import dev.bellows.controlplane.watch.Key;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Keys that want a pass. A key waits once however often it is added, and is never given to two
 * workers at once; one that is added while being worked on gets another pass afterwards. Adding
 * never blocks. There are at most as many keys as objects, which is the queue's bound.
 */
public final class WorkQueue implements AutoCloseable {
  /**
   * How long a pass waits for company. One thing that happens to a Service is some five changes of
   * its objects within some 50 ms, and each would be a pass (and often a write) of its own.
   */
  private static final Duration MOMENT = Duration.ofMillis(50);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final PendingKeys pending = new PendingKeys();
  private final LongSupplier nanos;
  private boolean closed;

  /**
   * @param nanos monotonic time, {@code System::nanoTime} in production
   */
  public WorkQueue(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /** Something about the key changed: it goes before all who wait only for a resync. */
  public void add(Key key) {
    change(() -> pending.add(key, Lane.FAST));
  }

  /** The key is looked at again because all are. */
  public void addSlow(Key key) {
    change(() -> pending.add(key, Lane.SLOW));
  }

  /** The key wants a pass after a delay; of several such wishes the earliest counts. */
  public void addAfter(Key key, Duration delay) {
    change(() -> pending.addAt(key, nanos.getAsLong() + delay.toNanos()));
  }

  /**
   * The key gets a pass within a moment, together with whatever else happens to it until then.
   *
   * @param echo whether what happened is that the object's own status changed, and no more
   */
  void addSoon(Key key, boolean echo) {
    change(() -> pending.addSoon(key, nanos.getAsLong() + MOMENT.toNanos(), echo));
  }

  /**
   * The key wants a pass at a time that is the same delay for all, unless {@link #noLater} is
   * called before; a pass for another reason does not change that.
   *
   * @param dueNanos of this queue's clock
   */
  void addLater(Key key, long dueNanos) {
    change(() -> pending.addLater(key, dueNanos));
  }

  /** The pass asked for by {@link #addLater} is not wanted any more. */
  void noLater(Key key) {
    change(() -> pending.noLater(key));
  }

  /** The key's pass failed: it gets another after a delay that doubles with each failure. */
  public void addAfterFailure(Key key) {
    change(() -> pending.addAfterFailure(key, nanos.getAsLong()));
  }

  /** The key's pass went well. */
  public void forgetFailures(Key key) {
    change(() -> pending.forgetFailures(key));
  }

  /**
   * Waits for a key; whoever gets one calls {@link #done} with it in the end.
   *
   * @return empty once the queue is closed
   */
  Optional<Taken> take() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (!closed) {
        long now = nanos.getAsLong();
        Optional<Taken> key = pending.take(now);
        if (key.isPresent()) {
          if (pending.hasWork()) {
            changed.signal();
          }
          return key;
        }
        OptionalLong due = pending.nextDueNanos();
        if (due.isPresent()) {
          changed.awaitNanos(due.getAsLong() - now);
        } else {
          changed.await();
        }
      }
      return Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  /** The pass of a taken key has ended. */
  public void done(Key key) {
    change(() -> pending.done(key));
  }

  /** Whether a key is worked on, or could be. */
  boolean isBusy() {
    lock.lock();
    try {
      return pending.isBusy();
    } finally {
      lock.unlock();
    }
  }

  /** Keys that wait now. */
  public int size() {
    lock.lock();
    try {
      return pending.size();
    } finally {
      lock.unlock();
    }
  }

  /** Everyone who waits in {@link #take} gets nothing, now and later. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void change(Runnable change) {
    lock.lock();
    try {
      change.run();
      // One waiter suffices: a taker that leaves work behind wakes the next.
      changed.signal();
    } finally {
      lock.unlock();
    }
  }
}
