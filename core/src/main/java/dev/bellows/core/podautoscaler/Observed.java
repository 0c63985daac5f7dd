package dev.bellows.core.podautoscaler;

import dev.bellows.core.kpa.DeciderSpec;
import dev.bellows.core.kpa.DeciderStatus;
import dev.bellows.core.kpa.MetricSpec;
import dev.bellows.core.kpa.ScalingSettings;
import dev.bellows.core.revision.Protocol;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * All that the plan of a PodAutoscaler depends on, as it was seen.
 *
 * @param settings annotations, spec and configuration
 * @param scaleTarget what is scaled
 * @param protocol what its pods speak
 * @param generation of the PodAutoscaler's spec
 * @param status of the PodAutoscaler
 * @param progressDeadline how long pods may take to become ready, as the cluster has it
 * @param sks the ServerlessService, if there is one
 * @param decider what has been decided so far, if anybody decides
 * @param metric what is being measured, if anything is
 * @param pods of the Revision
 * @param target state of what is scaled, if it exists
 * @param probe the activator's answer, if it has been asked in this pass
 */
public record Observed(
    ScalingSettings settings,
    ScaleTargetRef scaleTarget,
    Protocol protocol,
    long generation,
    PodAutoscalerStatus status,
    Duration progressDeadline,
    Optional<Sks> sks,
    Optional<Decider> decider,
    Optional<Metric> metric,
    PodCounts pods,
    Optional<Target> target,
    Optional<ProbeAnswer> probe) {

  /**
   * A ServerlessService.
   *
   * @param owned whether the PodAutoscaler controls it
   * @param spec what it is to be
   * @param privateServiceName the Service of the pods; empty = there is none yet
   * @param serviceName the Service that requests go to; empty = there is none yet
   * @param ready whether it is ready
   * @param readyMessage what it says about being ready or not
   * @param proxyingSince since when activators stand before the Revision, if they do
   */
  public record Sks(
      boolean owned,
      SksSpec spec,
      String privateServiceName,
      String serviceName,
      boolean ready,
      String readyMessage,
      Optional<Instant> proxyingSince) {}

  /** Who decides, and what the decision is. */
  public record Decider(DeciderSpec spec, DeciderStatus status) {}

  /**
   * A Metric.
   *
   * @param owned whether the PodAutoscaler controls it
   * @param spec what is measured
   */
  public record Metric(boolean owned, MetricSpec spec) {}

  /**
   * What is scaled.
   *
   * @param replicas pods it should have; absent counts as 1, as the Kubernetes API has it
   */
  public record Target(OptionalInt replicas) {}

  /** The same, with what the activator answered. */
  public Observed answered(ProbeAnswer answer) {
    return new Observed(
        settings,
        scaleTarget,
        protocol,
        generation,
        status,
        progressDeadline,
        sks,
        decider,
        metric,
        pods,
        target,
        Optional.of(answer));
  }
}
