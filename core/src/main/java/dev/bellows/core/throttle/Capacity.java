package dev.bellows.core.throttle;

/** How many requests of a Revision may run through one activator (data-plane spec §4.3). */
public final class Capacity {
  /** No limit; also the most that a limit may say. */
  public static final int UNLIMITED = Integer.MAX_VALUE;

  private Capacity() {}

  /**
   * The capacity of a Revision here.
   *
   * @param containerConcurrency requests one pod may run; 0 = unlimited
   * @param backends pods that may receive requests
   * @param assignedPods how many of them this activator addresses itself; 0 = it goes through the
   *     Service's ClusterIP, and then shares all of them with the other activators
   * @param activators how many activators are in the Revision's path; 0 = not known yet
   * @return 0 if a request has nowhere to go, {@link #UNLIMITED} if it need not be limited
   */
  public static int of(int containerConcurrency, int backends, int assignedPods, int activators) {
    if (backends > 0 && containerConcurrency == 0) {
      return UNLIMITED;
    }
    if (assignedPods > 0) {
      return (int) Math.min(UNLIMITED, (long) containerConcurrency * assignedPods);
    }
    long shared = (long) containerConcurrency * backends;
    if (shared == 0) {
      return 0;
    }
    // At least one: an activator that got a share of none could never let a request through.
    return Math.clamp(shared / Math.max(1, activators), 1, UNLIMITED);
  }
}
