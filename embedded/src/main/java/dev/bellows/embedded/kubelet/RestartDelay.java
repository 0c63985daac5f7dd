package dev.bellows.embedded.kubelet;

import java.time.Duration;

/**
 * How long a container that keeps ending waits for its next start (Kubernetes documentation, "Pod
 * Lifecycle", container restarts): at once the first time, then 10 s, doubling up to 5 min, and
 * from the beginning after 10 min of good running.
 */
final class RestartDelay {
  private static final Duration FIRST = Duration.ofSeconds(10);
  private static final Duration LAST = Duration.ofMinutes(5);
  private static final Duration GOOD_RUN = Duration.ofMinutes(10);

  private int ends;

  /**
   * Counts an end.
   *
   * @param ran how long the container had run
   * @return how long to wait now
   */
  Duration next(Duration ran) {
    if (ran.compareTo(GOOD_RUN) >= 0) {
      ends = 0;
    }
    ends++;
    if (ends == 1) {
      return Duration.ZERO;
    }
    Duration delay = FIRST.multipliedBy(1L << Math.min(ends - 2, 10));
    return delay.compareTo(LAST) < 0 ? delay : LAST;
  }
}
