package dev.bellows.core.kpa;

import java.time.Duration;

/**
 * Everything the decision about one Revision depends on besides its load: annotations and
 * configuration, resolved (autoscaling spec §3).
 *
 * @param scalingMetric the metric's name as written; {@link #metric()} is how it is understood
 * @param targetValue load one pod should carry, in the metric's unit; the value aimed at
 * @param totalValue load one pod can carry, in the metric's unit
 * @param targetBurstCapacity load that must always fit on top, in the metric's unit; 0 = none, -1 =
 *     unlimited (the activator stays in the path)
 * @param activatorCapacity load one activator takes, in the metric's unit
 * @param panicThreshold panic begins where the panic window asks for this many times the ready pods
 *     (2.0 = 200 %)
 * @param maxScaleUpRate at most this many times the ready pods in one step
 * @param maxScaleDownRate at least the ready pods divided by this in one step
 * @param stableWindow length of the stable window, and of the calm that ends a panic
 * @param scaleDownDelay how long a lower number must stand before it is followed; zero = off
 * @param initialScale pods a new Revision starts with
 * @param activationScale least number of pods while there is any load; 0 = off
 * @param reachable whether any Route may send requests to the Revision
 */
public record DeciderSpec(
    String scalingMetric,
    double targetValue,
    double totalValue,
    double targetBurstCapacity,
    double activatorCapacity,
    double panicThreshold,
    double maxScaleUpRate,
    double maxScaleDownRate,
    Duration stableWindow,
    Duration scaleDownDelay,
    int initialScale,
    int activationScale,
    boolean reachable) {

  /** Fewer activators than this never stand before a Revision (autoscaling spec §8). */
  private static final int MIN_ACTIVATORS = 2;

  /** What the Revision is scaled by. */
  public ScalingMetric metric() {
    return ScalingMetric.of(scalingMetric);
  }

  /**
   * How many activators should stand before the Revision (autoscaling spec §8 flow 7): enough for
   * all that its pods can carry and the burst on top, at least two.
   */
  public int numActivators(int readyPods) {
    if (targetBurstCapacity == 0) {
      return MIN_ACTIVATORS;
    }
    double load = readyPods * totalValue + Math.max(targetBurstCapacity, 0);
    return Math.max(MIN_ACTIVATORS, (int) Math.ceil(load / activatorCapacity));
  }
}
