package dev.bellows.core.stat;

import java.time.Duration;

/**
 * Turns a window's report into the Stat that a queue-proxy shows to its scraper (data-plane spec
 * §3.7). The timestamp is never set: the receiver stamps it.
 *
 * @param podName who reports
 * @param periodSeconds length of a window, as it was asked for: counts become rates by it, however
 *     late the report came
 */
public record StatReporter(String podName, double periodSeconds) {
  public StatReporter {
    if (!(periodSeconds > 0)) {
      throw new IllegalArgumentException("periodSeconds must be > 0, got " + periodSeconds);
    }
  }

  /** What is shown before the first window has ended: the pod's name and nothing else. */
  public Stat beforeFirstReport() {
    return new Stat(podName, 0, 0, 0, 0, 0, 0);
  }

  /**
   * The Stat for a window.
   *
   * @param report what happened in it
   * @param uptime since the source started
   */
  public Stat stat(RequestReport report, Duration uptime) {
    return new Stat(
        podName,
        report.averageConcurrency(),
        report.averageProxiedConcurrency(),
        report.requestCount() / periodSeconds,
        report.proxiedRequestCount() / periodSeconds,
        seconds(uptime),
        0);
  }

  // Whole seconds and the rest apart, as the original computes it: the bytes on the wire are equal.
  private static double seconds(Duration duration) {
    return duration.getSeconds() + duration.getNano() / 1e9;
  }
}
