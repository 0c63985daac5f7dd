package dev.bellows.core.kpa;

import static dev.bellows.core.kpa.ScalingAnnotation.ACTIVATION_SCALE;
import static dev.bellows.core.kpa.ScalingAnnotation.CLASS;
import static dev.bellows.core.kpa.ScalingAnnotation.INITIAL_SCALE;
import static dev.bellows.core.kpa.ScalingAnnotation.MAX_SCALE;
import static dev.bellows.core.kpa.ScalingAnnotation.METRIC;
import static dev.bellows.core.kpa.ScalingAnnotation.METRIC_AGGREGATION_ALGORITHM;
import static dev.bellows.core.kpa.ScalingAnnotation.MIN_SCALE;
import static dev.bellows.core.kpa.ScalingAnnotation.PANIC_THRESHOLD_PERCENTAGE;
import static dev.bellows.core.kpa.ScalingAnnotation.PANIC_WINDOW_PERCENTAGE;
import static dev.bellows.core.kpa.ScalingAnnotation.SCALE_DOWN_DELAY;
import static dev.bellows.core.kpa.ScalingAnnotation.SCALE_TO_ZERO_POD_RETENTION_PERIOD;
import static dev.bellows.core.kpa.ScalingAnnotation.TARGET;
import static dev.bellows.core.kpa.ScalingAnnotation.TARGET_BURST_CAPACITY;
import static dev.bellows.core.kpa.ScalingAnnotation.TARGET_UTILIZATION_PERCENTAGE;
import static dev.bellows.core.kpa.ScalingAnnotation.WINDOW;

import dev.bellows.core.literal.DurationLiteral;
import dev.bellows.core.literal.Literal;
import dev.bellows.core.literal.NumberLiteral;
import dev.bellows.core.validation.FieldErrors;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * What the annotations of one object say about its scaling (autoscaling spec §2). A value that
 * cannot be read counts as absent: refusing it was admission's task, see {@link #validate}.
 *
 * @param all the annotations, other ones included
 */
public record ScalingAnnotations(Map<String, String> all) {
  /** The class whose PodAutoscalers this system's own autoscaler scales. */
  public static final String KPA = "kpa.autoscaling.knative.dev";

  /** The class whose PodAutoscalers become HorizontalPodAutoscalers. */
  public static final String HPA = "hpa.autoscaling.knative.dev";

  /** Key of the class annotation. */
  public static final String CLASS_KEY = CLASS.key();

  /** Key of the metric annotation. */
  public static final String METRIC_KEY = METRIC.key();

  private static final String PROGRESS_DEADLINE_KEY = "serving.knative.dev/progress-deadline";

  public ScalingAnnotations {
    all = Map.copyOf(all);
  }

  /**
   * What is wrong with these annotations, all of it; paths are relative to the annotations, so that
   * the caller places them by {@code at("metadata.annotations")}.
   */
  public static FieldErrors validate(AutoscalerConfig config, Map<String, String> annotations) {
    return new AnnotationRules(config, annotations).check();
  }

  /** The class, as written; an object without one is of the KPA class. */
  public String autoscalerClass() {
    return text(CLASS).orElse(KPA);
  }

  /** What is measured: as written, else the default of the class, empty for a foreign class. */
  public String metric() {
    return text(METRIC)
        .orElseGet(() ->
            switch (autoscalerClass()) {
              case KPA -> "concurrency";
              case HPA -> "cpu";
              default -> "";
            });
  }

  /** How buckets become one value, in the canonical spelling; empty if nothing is said. */
  public String metricAggregationAlgorithm() {
    String written = text(METRIC_AGGREGATION_ALGORITHM).orElse("");
    return written.equals("weightedExponential") ? "weighted-exponential" : written;
  }

  /** Load a pod can carry. */
  OptionalDouble target() {
    return number(TARGET);
  }

  /** Share of it that a pod should carry, in percent. */
  OptionalDouble targetUtilizationPercentage() {
    return number(TARGET_UTILIZATION_PERCENTAGE);
  }

  OptionalDouble targetBurstCapacity() {
    return number(TARGET_BURST_CAPACITY);
  }

  OptionalDouble panicWindowPercentage() {
    return number(PANIC_WINDOW_PERCENTAGE);
  }

  OptionalDouble panicThresholdPercentage() {
    return number(PANIC_THRESHOLD_PERCENTAGE);
  }

  Optional<Duration> window() {
    return read(WINDOW, DurationLiteral::parse);
  }

  Optional<Duration> scaleDownDelay() {
    return read(SCALE_DOWN_DELAY, DurationLiteral::parse);
  }

  Optional<Duration> scaleToZeroPodRetentionPeriod() {
    return read(SCALE_TO_ZERO_POD_RETENTION_PERIOD, DurationLiteral::parse);
  }

  OptionalInt minScale() {
    return integer(MIN_SCALE);
  }

  OptionalInt maxScale() {
    return integer(MAX_SCALE);
  }

  OptionalInt initialScale() {
    return integer(INITIAL_SCALE);
  }

  OptionalInt activationScale() {
    return integer(ACTIVATION_SCALE);
  }

  /** How long pods may take until they are ready. */
  public Optional<Duration> progressDeadline() {
    return Optional.ofNullable(all.get(PROGRESS_DEADLINE_KEY))
        .flatMap(text -> DurationLiteral.parse(text).asOptional());
  }

  private Optional<String> text(ScalingAnnotation annotation) {
    return annotation.in(all).map(ScalingAnnotation.Written::value);
  }

  private OptionalDouble number(ScalingAnnotation annotation) {
    return read(annotation, NumberLiteral::parseDouble)
        .map(OptionalDouble::of)
        .orElse(OptionalDouble.empty());
  }

  private OptionalInt integer(ScalingAnnotation annotation) {
    return read(annotation, NumberLiteral::parseInt)
        .map(OptionalInt::of)
        .orElse(OptionalInt.empty());
  }

  private <T> Optional<T> read(ScalingAnnotation annotation, Function<String, Literal<T>> parse) {
    return text(annotation).flatMap(written -> parse.apply(written).asOptional());
  }
}
