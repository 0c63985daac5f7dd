package dev.bellows.embedded.stream;

import io.netty.channel.Channel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The other end of a channel as blocking code sees it: whether it takes more, and whether it is
 * still there. The event loop tells; any thread asks and waits.
 */
public final class Peer {
  private final Channel channel;
  private final Duration maxStall;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<Runnable> onLeaving = new ArrayList<>();
  private boolean left;

  /**
   * The other end of a channel.
   *
   * @param maxStall one that takes nothing for so long is cut off
   */
  public Peer(Channel channel, Duration maxStall) {
    this.channel = channel;
    this.maxStall = maxStall;
  }

  /** On the event loop: there may be room again. */
  public void writabilityChanged() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** On the event loop: the channel is closed. */
  public void leave() {
    List<Runnable> actions;
    lock.lock();
    try {
      left = true;
      changed.signalAll();
      actions = List.copyOf(onLeaving);
      onLeaving.clear();
    } finally {
      lock.unlock();
    }
    actions.forEach(Runnable::run);
  }

  /**
   * Waits until the channel takes more.
   *
   * @throws PeerGoneException if it is closed, or was stalled for too long and is closed now
   */
  public void awaitRoom() throws PeerGoneException {
    lock.lock();
    try {
      long nanos = maxStall.toNanos();
      while (!left && !channel.isWritable()) {
        if (nanos <= 0) {
          channel.close();
          throw new PeerGoneException(
              "the client has taken nothing for " + maxStall.toSeconds() + " s");
        }
        nanos = changed.awaitNanos(nanos);
      }
      if (left) {
        throw new PeerGoneException("the client has left");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PeerGoneException("interrupted");
    } finally {
      lock.unlock();
    }
  }

  /** Whether it is gone. */
  public boolean hasLeft() {
    lock.lock();
    try {
      return left;
    } finally {
      lock.unlock();
    }
  }

  /** Calls once when it goes, on any thread; at once if it is gone. */
  public void onLeaving(Runnable action) {
    lock.lock();
    try {
      if (!left) {
        onLeaving.add(action);
        return;
      }
    } finally {
      lock.unlock();
    }
    action.run();
  }
}
