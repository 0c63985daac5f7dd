package dev.bellows.controlplane.scaling;

import dev.bellows.core.kpa.ScalingMetric;

/**
 * What can be read of a Revision's latest decision (autoscaling spec §7, gauges). All zero until
 * there was one.
 *
 * @param decider whom it is about, for the labels
 * @param metric the metric that the Revision was first scaled by; names the gauges
 * @param desiredPods {@code kn.revision.pods.desired}
 * @param excessBurstCapacity {@code kn.revision.capacity.excess}
 * @param panicMode {@code kn.revision.panic.mode}: 1 or 0
 * @param stable {@code kn.revision.METRIC.stable}
 * @param panic {@code kn.revision.METRIC.panic}
 * @param target {@code kn.revision.METRIC.target}
 */
public record RevisionGauges(
    Decider decider,
    ScalingMetric metric,
    int desiredPods,
    int excessBurstCapacity,
    int panicMode,
    double stable,
    double panic,
    double target) {}
