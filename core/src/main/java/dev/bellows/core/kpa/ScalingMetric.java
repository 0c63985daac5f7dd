package dev.bellows.core.kpa;

/** What a Revision is scaled by. */
public enum ScalingMetric {
  /** Requests in flight. */
  CONCURRENCY("requests in flight"),
  /** Requests per second. */
  RPS("requests per second");

  private final String unit;

  ScalingMetric(String unit) {
    this.unit = unit;
  }

  /** What its values count, as a reason says it. */
  String unit() {
    return unit;
  }

  /**
   * Reads a metric's name: {@code rps}, and everything else is scaled by concurrency (autoscaling
   * spec §3, §4 step 2).
   */
  public static ScalingMetric of(String name) {
    return name.equals("rps") ? RPS : CONCURRENCY;
  }
}
