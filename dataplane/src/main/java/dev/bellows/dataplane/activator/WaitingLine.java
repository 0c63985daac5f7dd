package dev.bellows.dataplane.activator;

import dev.bellows.core.throttle.PodTracker;
import dev.bellows.core.throttle.RevisionThrottler;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The requests of one Revision that wait for a place, in the order in which they came.
 *
 * <p>A request that finds nobody waiting and a pod with room passes without a lock. Otherwise it
 * stands in line, and whoever frees a place or brings a pod calls the next one. None is forgotten
 * between the two: one who joins looks for a place once more after it can be seen waiting, one who
 * frees a place looks for those who wait after it has freed it, and both use volatile state.
 *
 * <p>Places are given and taken back on any thread. The lock guards the line alone and is held for
 * one step of it; waiters are told after it is released.
 */
final class WaitingLine {
  /** Upstream's queue depth, which never took effect there (data-plane spec §4.3). */
  static final int LIMIT = 10_000;

  private final RevisionThrottler throttler;
  private final Supplier<RandomGenerator> random;
  private final ReentrantLock lock = new ReentrantLock();
  private final SequencedSet<Ticket> line = new LinkedHashSet<>();
  private final LongAdder active = new LongAdder();
  private volatile int waiting;
  private volatile boolean closed;

  /**
   * An empty line before a Revision's pods.
   *
   * @param throttler gives the places
   * @param random a source for the calling thread
   */
  WaitingLine(RevisionThrottler throttler, Supplier<RandomGenerator> random) {
    this.throttler = throttler;
    this.random = random;
  }

  /**
   * Takes a place without waiting, unless others wait.
   *
   * @return the place, due for {@link #release} once; or {@code null} (not an Optional: this is
   *     every request's path, and allocates nothing)
   */
  @Nullable PodTracker tryPass() {
    return waiting > 0 || closed ? null : acquire();
  }

  /**
   * Stands in line, and is called as soon as there is a place; that may be before this returns.
   *
   * @param waiter who is called
   * @param position at the end, or before all others for one who has waited already
   * @return the ticket to {@link #leave} with, or nothing if the line is full
   */
  Optional<Ticket> join(Waiter waiter, Position position) {
    Ticket ticket = new Ticket(waiter);
    lock.lock();
    try {
      if (closed) {
        ticket.gone = true;
      } else if (line.size() >= LIMIT) {
        return Optional.empty();
      } else {
        switch (position) {
          case FIRST -> line.addFirst(ticket);
          case LAST -> line.addLast(ticket);
        }
        waiting = line.size();
      }
    } finally {
      lock.unlock();
    }
    if (ticket.gone) {
      waiter.onGone();
    } else {
      callNext();
    }
    return Optional.of(ticket);
  }

  /**
   * Gives up waiting; the place in line is free at once.
   *
   * @return whether the waiter was still in line; if not, it has been called or told
   */
  boolean leave(Ticket ticket) {
    lock.lock();
    try {
      boolean left = line.remove(ticket);
      waiting = line.size();
      return left;
    } finally {
      lock.unlock();
    }
  }

  /** Gives a place back and calls who waits for it. */
  void release(PodTracker place) {
    active.decrement();
    throttler.release(place);
    callNext();
  }

  /** Calls those who wait while there are places; due after every change of the pods. */
  void callNext() {
    while (waiting > 0) {
      Ticket next;
      PodTracker place;
      lock.lock();
      try {
        if (line.isEmpty()) {
          return;
        }
        place = acquire();
        if (place == null) {
          return;
        }
        next = line.removeFirst();
        waiting = line.size();
      } finally {
        lock.unlock();
      }
      next.waiter.onCalled(place);
    }
  }

  /** Tells all who wait that there will be no place, and lets nobody stand in line any more. */
  void close() {
    List<Ticket> left;
    lock.lock();
    try {
      closed = true;
      left = List.copyOf(line);
      line.clear();
      waiting = 0;
    } finally {
      lock.unlock();
    }
    left.forEach(ticket -> ticket.waiter.onGone());
  }

  /** How many wait; metric {@code kn.revision.request.queued}. */
  int waiting() {
    return waiting;
  }

  /** How many places are taken; metric {@code kn.revision.request.active}. */
  long active() {
    return active.sum();
  }

  private @Nullable PodTracker acquire() {
    PodTracker place = throttler.acquire(random.get());
    if (place != null) {
      active.increment();
    }
    return place;
  }

  /** Where one joins. */
  enum Position {
    FIRST,
    LAST
  }

  /** One who stands in line. Told exactly one of these, on any thread, unless it leaves first. */
  interface Waiter {
    /** It is its turn: the place is its own, due for {@link #release}. */
    void onCalled(PodTracker place);

    /** The Revision, as this line knew it, is gone. */
    void onGone();
  }

  /** A place in line. */
  static final class Ticket {
    private final Waiter waiter;

    /** Whether the line was closed already; set before anybody else sees the ticket. */
    private boolean gone;

    private Ticket(Waiter waiter) {
      this.waiter = waiter;
    }
  }
}
