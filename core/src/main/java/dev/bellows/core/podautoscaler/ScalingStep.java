package dev.bellows.core.podautoscaler;

import dev.bellows.core.kpa.DeciderSpec;
import dev.bellows.core.kpa.MetricSpec;
import java.time.Duration;

/** One thing to do for a PodAutoscaler. */
public sealed interface ScalingStep {
  /** Let somebody decide. */
  record CreateDecider(DeciderSpec spec) implements ScalingStep {}

  /** Decide by other settings from now on. */
  record UpdateDecider(DeciderSpec spec) implements ScalingStep {}

  /** Have this many pods. */
  record SetReplicas(int replicas) implements ScalingStep {}

  /** Create the ServerlessService, with the PodAutoscaler's labels and annotations. */
  record CreateSks(SksSpec spec) implements ScalingStep {}

  /** Change the ServerlessService's spec, and nothing else of it. */
  record UpdateSks(SksSpec spec) implements ScalingStep {}

  /** Create the Metric, with the PodAutoscaler's labels and annotations. */
  record CreateMetric(MetricSpec spec) implements ScalingStep {}

  /** Change the Metric's spec, and nothing else of it. */
  record UpdateMetric(MetricSpec spec) implements ScalingStep {}

  /**
   * Plan again after a while, since time alone will change the plan.
   *
   * @param after how long to wait
   */
  record LookAgain(Duration after) implements ScalingStep {}

  /**
   * Ask for the activator again and again in the background, and plan again when it answered or the
   * asking was given up.
   */
  record KeepProbing() implements ScalingStep {
    /** Time between two questions. */
    public static final Duration PERIOD = Duration.ofSeconds(1);

    /** When to give up. */
    public static final Duration LIMIT = Duration.ofSeconds(45);

    /** Time from the end of asking to the next plan. */
    public static final Duration REST = Duration.ofSeconds(1);
  }

  /** Whether it changes anything, other than asking and waiting. */
  default boolean writes() {
    return switch (this) {
      case CreateDecider _,
          UpdateDecider _,
          SetReplicas _,
          CreateSks _,
          UpdateSks _,
          CreateMetric _,
          UpdateMetric _ ->
          true;
      case LookAgain _, KeepProbing _ -> false;
    };
  }
}
