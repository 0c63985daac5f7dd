package dev.bellows.core.kpa;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a HorizontalPodAutoscaler is to do for a PodAutoscaler of the HPA class (autoscaling spec
 * §9).
 *
 * @param minReplicas at least 1; absent where nothing is asked for
 * @param maxReplicas at least 1; {@link Integer#MAX_VALUE} = no bound
 * @param metric by which pods are added; absent = its own default
 * @param stabilizationWindow over which it looks back before it changes anything
 */
public record HpaSpec(
    OptionalInt minReplicas,
    int maxReplicas,
    Optional<Metric> metric,
    Optional<Duration> stabilizationWindow) {

  /** What is measured, and how much of it a pod should have. */
  public sealed interface Metric {
    /**
     * The share of the CPU time that a pod requests.
     *
     * @param percent on average over all pods
     */
    record Cpu(int percent) implements Metric {}

    /**
     * Memory in use.
     *
     * @param mebibytes on average over all pods
     */
    record Memory(long mebibytes) implements Metric {}

    /**
     * A metric that somebody provides for each pod.
     *
     * @param name as its provider calls it
     * @param average over all pods
     */
    record OfPods(String name, long average) implements Metric {}
  }

  /** What the settings of a PodAutoscaler ask for. */
  static HpaSpec of(ScalingSettings settings) {
    ScaleBounds bounds = settings.scaleBounds();
    ScalingAnnotations annotations = settings.annotations();
    Optional<Metric> metric =
        annotations.target().isPresent()
            ? Optional.of(metric(annotations.metric(), annotations.target().getAsDouble()))
            : Optional.empty();
    return new HpaSpec(
        bounds.min() > 0 ? OptionalInt.of(bounds.min()) : OptionalInt.empty(),
        bounds.max() > 0 ? bounds.max() : Integer.MAX_VALUE,
        metric,
        annotations.window());
  }

  private static Metric metric(String name, double target) {
    return switch (name) {
      case "cpu" -> new Metric.Cpu((int) Math.ceil(target));
      case "memory" -> new Metric.Memory((long) target);
      default -> new Metric.OfPods(name, (long) target);
    };
  }
}
