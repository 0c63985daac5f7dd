package dev.bellows.core.kpa;

/** What a Revision is scaled by. */
public enum ScalingMetric {
  /** Requests in flight. */
  CONCURRENCY("in flight"),
  /** Requests per second. */
  RPS("per second");

  private final String manner;

  ScalingMetric(String manner) {
    this.manner = manner;
  }

  /** What its values count, as a reason says it: one request in flight, two requests in flight. */
  String unit(double count) {
    return (count == 1 ? "request " : "requests ") + manner;
  }

  /**
   * Reads a metric's name: {@code rps}, and everything else is scaled by concurrency (autoscaling
   * spec §3, §4 step 2).
   */
  public static ScalingMetric of(String name) {
    return name.equals("rps") ? RPS : CONCURRENCY;
  }
}
