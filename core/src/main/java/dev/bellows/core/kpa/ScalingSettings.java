package dev.bellows.core.kpa;

import java.time.Duration;

/**
 * All that is said about the scaling of one PodAutoscaler: by the cluster, by its annotations, by
 * its spec. The methods resolve who has the last word (autoscaling spec §2, §3, §8).
 *
 * @param config the cluster's settings
 * @param annotations those of the PodAutoscaler
 * @param reachability whether any Route may send requests
 * @param containerConcurrency requests one pod may run at once; 0 = no limit
 */
public record ScalingSettings(
    AutoscalerConfig config,
    ScalingAnnotations annotations,
    Reachability reachability,
    long containerConcurrency) {

  private static final Duration SHORTEST_PANIC_WINDOW = Duration.ofSeconds(1);
  private static final double NANOS_PER_SECOND = 1e9;

  /** Load that one pod can carry, in the metric's unit. */
  public double total() {
    String metric = annotations.metric();
    boolean rps = metric.equals("rps");
    double unannotated = rps ? config.rpsTargetDefault() : concurrencyTotal();
    double total = annotations.target().orElse(unannotated);
    // Any metric but rps is scaled by concurrency, but only the one of that name is capped by it.
    return metric.equals("concurrency") && containerConcurrency != 0
        ? Math.min(total, (double) containerConcurrency)
        : total;
  }

  /** Load that one pod should carry, in the metric's unit: the value aimed at. */
  public double target() {
    double unannotated =
        annotations.metric().equals("rps")
            ? AutoscalerConfig.RPS_TARGET_UTILIZATION
            : config.containerConcurrencyTargetFraction();
    double utilization =
        annotations.targetUtilizationPercentage().stream()
            .map(percentage -> percentage / 100)
            .findFirst()
            .orElse(unannotated);
    return Math.max(AutoscalerConfig.LEAST_TARGET, total() * utilization);
  }

  /** What the decision about the Revision depends on besides its load. */
  public DeciderSpec deciderSpec() {
    return new DeciderSpec(
        annotations.metric(),
        target(),
        total(),
        targetBurstCapacity(),
        config.activatorCapacity(),
        annotations.panicThresholdPercentage().orElse(config.panicThresholdPercentage()) / 100,
        config.maxScaleUpRate(),
        config.maxScaleDownRate(),
        stableWindow(),
        annotations.scaleDownDelay().orElse(config.scaleDownDelay()),
        initialScale(),
        annotations.activationScale().orElse(0),
        reachability != Reachability.UNREACHABLE);
  }

  /**
   * What is to be measured.
   *
   * @param metricsServiceName the Service whose pods can be scraped
   */
  public MetricSpec metricSpec(String metricsServiceName) {
    return new MetricSpec(
        stableWindow(), panicWindow(), targetBurstCapacity() == -1 ? "" : metricsServiceName);
  }

  /** What a HorizontalPodAutoscaler is to do, where the class says that one does the scaling. */
  public HpaSpec hpaSpec() {
    return HpaSpec.of(this);
  }

  /** Between how many pods the Revision may be; one that nobody can reach needs none. */
  public ScaleBounds scaleBounds() {
    int min =
        reachability == Reachability.UNREACHABLE
            ? 0
            : annotations.minScale().orElse(config.minScale());
    return new ScaleBounds(min, annotations.maxScale().orElse(config.maxScale()));
  }

  /** How many pods the Revision begins with. */
  public int initialScale() {
    int annotated = annotations.initialScale().orElse(config.initialScale());
    // The annotation may have been stored while zero was still allowed.
    return annotated == 0 && !config.allowZeroInitialScale() ? config.initialScale() : annotated;
  }

  /** Load that must always fit on top; 0 = none, -1 = unlimited. */
  public double targetBurstCapacity() {
    return annotations.targetBurstCapacity().orElse(config.targetBurstCapacity());
  }

  /** Length of the stable window. */
  public Duration stableWindow() {
    return annotations.window().orElse(config.stableWindow());
  }

  /** How long the last pod stays at least after traffic ended. */
  public Duration scaleToZeroPodRetentionPeriod() {
    return reachability == Reachability.UNREACHABLE
        ? Duration.ZERO
        : annotations
            .scaleToZeroPodRetentionPeriod()
            .orElse(config.scaleToZeroPodRetentionPeriod());
  }

  private double concurrencyTotal() {
    return containerConcurrency == 0
        ? config.containerConcurrencyTargetDefault()
        : (double) containerConcurrency;
  }

  /** Whole seconds, since that is what a bucket holds; half a second counts as a whole one. */
  private Duration panicWindow() {
    double percentage = annotations.panicWindowPercentage().orElse(config.panicWindowPercentage());
    long nanos = (long) (stableWindow().toNanos() * percentage / 100);
    Duration rounded = Duration.ofSeconds(Math.round(nanos / NANOS_PER_SECOND));
    return rounded.compareTo(SHORTEST_PANIC_WINDOW) < 0 ? SHORTEST_PANIC_WINDOW : rounded;
  }
}
