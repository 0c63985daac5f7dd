package dev.bellows.core.throttle;

import dev.bellows.core.route.Address;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

/**
 * The requests that one activator has open at one pod. Safe to use from any thread: reserving and
 * releasing are one atomic operation each.
 */
public final class PodTracker {
  private static final AtomicIntegerFieldUpdater<PodTracker> IN_FLIGHT =
      AtomicIntegerFieldUpdater.newUpdater(PodTracker.class, "inFlight");

  private final Address address;
  private volatile int inFlight;

  PodTracker(Address address) {
    this.address = address;
  }

  /** Where the pod (or, in ClusterIP mode, its Service) listens. */
  public Address address() {
    return address;
  }

  /** Requests open at it. */
  public int inFlight() {
    return inFlight;
  }

  /**
   * Takes one place if fewer than {@code limit} are taken.
   *
   * @return whether it was taken; if so, {@link #release} is due once
   */
  boolean tryReserve(int limit) {
    int seen = inFlight;
    while (seen < limit) {
      if (IN_FLIGHT.compareAndSet(this, seen, seen + 1)) {
        return true;
      }
      seen = inFlight;
    }
    return false;
  }

  /**
   * Gives one place back.
   *
   * @throws IllegalStateException if none is taken, which means a place was given back twice
   */
  void release() {
    if (IN_FLIGHT.decrementAndGet(this) < 0) {
      throw new IllegalStateException("a place at " + address + " was given back twice");
    }
  }

  /** The address and its open requests, for logs. */
  @Override
  public String toString() {
    return address + " (" + inFlight + " open)";
  }
}
