package dev.bellows.core.kpa;

import java.util.Map;
import java.util.Optional;

/** The annotations that say how to scale, with their older spellings (autoscaling spec §2). */
enum ScalingAnnotation {
  CLASS("class"),
  METRIC("metric"),
  TARGET("target"),
  TARGET_UTILIZATION_PERCENTAGE("target-utilization-percentage", "targetUtilizationPercentage"),
  TARGET_BURST_CAPACITY("target-burst-capacity", "targetBurstCapacity"),
  WINDOW("window"),
  PANIC_WINDOW_PERCENTAGE("panic-window-percentage", "panicWindowPercentage"),
  PANIC_THRESHOLD_PERCENTAGE("panic-threshold-percentage", "panicThresholdPercentage"),
  MIN_SCALE("min-scale", "minScale"),
  MAX_SCALE("max-scale", "maxScale"),
  INITIAL_SCALE("initial-scale", "initialScale"),
  ACTIVATION_SCALE("activation-scale"),
  SCALE_DOWN_DELAY("scale-down-delay", "scaleDownDelay"),
  SCALE_TO_ZERO_POD_RETENTION_PERIOD(
      "scale-to-zero-pod-retention-period", "scaleToZeroPodRetentionPeriod"),
  METRIC_AGGREGATION_ALGORITHM("metric-aggregation-algorithm", "metricAggregationAlgorithm");

  /** What every one of their keys begins with. */
  static final String PREFIX = "autoscaling.knative.dev/";

  private final String key;
  private final String alias;

  ScalingAnnotation(String name) {
    this(name, name);
  }

  ScalingAnnotation(String name, String alias) {
    this.key = PREFIX + name;
    this.alias = PREFIX + alias;
  }

  /**
   * An annotation as it is written.
   *
   * @param key the key that was found, canonical or older
   * @param value its value, unread
   */
  record Written(String key, String value) {}

  /** The canonical key. */
  String key() {
    return key;
  }

  /** The annotation under its canonical key, else under its older one. */
  Optional<Written> in(Map<String, String> annotations) {
    String found = annotations.containsKey(key) ? key : alias;
    return Optional.ofNullable(annotations.get(found)).map(value -> new Written(found, value));
  }
}
