package dev.bellows.core.kpa;

import static dev.bellows.core.kpa.AutoscalerConfig.LEAST_TARGET;
import static dev.bellows.core.kpa.AutoscalerConfig.LONGEST_WINDOW;
import static dev.bellows.core.kpa.AutoscalerConfig.SHORTEST_WINDOW;
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

import dev.bellows.core.kpa.ScalingAnnotation.Written;
import dev.bellows.core.literal.DurationLiteral;
import dev.bellows.core.literal.Literal;
import dev.bellows.core.literal.NumberLiteral;
import dev.bellows.core.validation.FieldError;
import dev.bellows.core.validation.FieldErrors;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The rules of the scaling annotations (autoscaling spec §2). Every rule is checked: the author
 * sees all that is wrong at once. Comparisons are written so that NaN passes, as it does upstream.
 */
final class AnnotationRules {
  /** What the metric of a PodAutoscaler of the KPA class may be. */
  private static final List<String> KPA_METRICS = List.of("concurrency", "rps");

  private static final List<String> AGGREGATION_ALGORITHMS =
      List.of("", "linear", "weighted-exponential", "weightedExponential");

  private final AutoscalerConfig config;
  private final Map<String, String> annotations;

  AnnotationRules(AutoscalerConfig config, Map<String, String> annotations) {
    this.config = config;
    this.annotations = annotations;
  }

  FieldErrors check() {
    return FieldErrors.join(
        List.of(
            autoscalerClass(),
            metric(),
            metricAggregationAlgorithm(),
            scaleBounds(),
            initialScale(),
            target(),
            percentage(TARGET_UTILIZATION_PERCENTAGE, 1, 100),
            targetBurstCapacity(),
            duration(WINDOW, SHORTEST_WINDOW, true),
            percentage(PANIC_WINDOW_PERCENTAGE, 1, 100),
            percentage(PANIC_THRESHOLD_PERCENTAGE, 110, 1000),
            duration(SCALE_DOWN_DELAY, Duration.ZERO, true),
            duration(SCALE_TO_ZERO_POD_RETENTION_PERIOD, Duration.ZERO, false)));
  }

  /** The names under knative.dev are taken; any other class is somebody else's. */
  private FieldErrors autoscalerClass() {
    Written written = CLASS.in(annotations).orElse(null);
    if (written == null
        || !written.value().endsWith(".knative.dev")
        || written.value().equals(ScalingAnnotations.KPA)
        || written.value().equals(ScalingAnnotations.HPA)) {
      return FieldErrors.NONE;
    }
    return invalid(written);
  }

  private FieldErrors metric() {
    String metric = value(METRIC).orElse(null);
    if (metric == null) {
      return FieldErrors.NONE;
    }
    boolean valid =
        switch (value(CLASS).orElse(config.podAutoscalerClass())) {
          case ScalingAnnotations.KPA -> KPA_METRICS.contains(metric);
          case ScalingAnnotations.HPA -> !metric.isEmpty();
          default -> true;
        };
    return valid ? FieldErrors.NONE : FieldErrors.of(FieldError.invalidValue(metric, METRIC.key()));
  }

  /** Checked only where the class is written out, as upstream does. */
  private FieldErrors metricAggregationAlgorithm() {
    Written written = METRIC_AGGREGATION_ALGORITHM.in(annotations).orElse(null);
    boolean kpa = value(CLASS).filter(ScalingAnnotations.KPA::equals).isPresent();
    return written == null || !kpa || AGGREGATION_ALGORITHMS.contains(written.value())
        ? FieldErrors.NONE
        : invalid(written);
  }

  /** Min, max and activation scale, alone and against each other. An unreadable one counts as 0. */
  private FieldErrors scaleBounds() {
    int min = scale(MIN_SCALE);
    int max = scale(MAX_SCALE);
    FieldErrors errors =
        scaleErrors(MIN_SCALE)
            .and(scaleErrors(MAX_SCALE))
            .and(maxScaleLimit(max))
            .and(activationScale(min, max));
    return max != 0 && max < min
        ? errors.and(
            FieldError.of(
                "max-scale=%d is less than min-scale=%d".formatted(max, min),
                MAX_SCALE.key(),
                MIN_SCALE.key()))
        : errors;
  }

  private int scale(ScalingAnnotation annotation) {
    return value(annotation)
        .flatMap(text -> NumberLiteral.parseInt(text).asOptional())
        .filter(scale -> scale >= 0)
        .orElse(0);
  }

  private FieldErrors scaleErrors(ScalingAnnotation annotation) {
    Written written = annotation.in(annotations).orElse(null);
    if (written == null) {
      return FieldErrors.NONE;
    }
    return switch (NumberLiteral.parseInt(written.value())) {
      case Literal.Malformed<Integer> _ -> invalid(written);
      case Literal.Value<Integer>(Integer scale) when scale >= 0 -> FieldErrors.NONE;
      case Literal.Value<Integer> _, Literal.OutOfRange<Integer> _ ->
          outOfBounds(written, "0", Integer.toString(Integer.MAX_VALUE), written.key());
    };
  }

  private FieldErrors maxScaleLimit(int max) {
    Written written = MAX_SCALE.in(annotations).orElse(null);
    int limit = config.maxScaleLimit();
    if (written == null || limit == 0) {
      return FieldErrors.NONE;
    }
    if (max > limit) {
      return FieldErrors.of(
          FieldError.outOfBounds(
              Integer.toString(max), "1", Integer.toString(limit), written.key()));
    }
    return max == 0
        ? FieldErrors.of(
            FieldError.of("max-scale=0 (unlimited), must be less than " + limit, written.key()))
        : FieldErrors.NONE;
  }

  private FieldErrors activationScale(int min, int max) {
    Written written = ACTIVATION_SCALE.in(annotations).orElse(null);
    if (written == null) {
      return FieldErrors.NONE;
    }
    Integer scale = NumberLiteral.parseInt(written.value()).asOptional().orElse(null);
    if (scale == null) {
      return invalid(written);
    }
    if (min > scale) {
      return FieldErrors.of(
          FieldError.of(
              "min-scale=%d is greater than activation-scale=%d".formatted(min, scale),
              written.key()));
    }
    if (max != 0 && max < scale) {
      return FieldErrors.of(
          FieldError.of(
              "max-scale=%d is less than activation-scale=%d".formatted(max, scale),
              written.key()));
    }
    return scale < 2
        ? FieldErrors.of(
            FieldError.of("activation-scale=" + scale + " must be greater than 1", written.key()))
        : FieldErrors.NONE;
  }

  private FieldErrors initialScale() {
    Written written = INITIAL_SCALE.in(annotations).orElse(null);
    if (written == null) {
      return FieldErrors.NONE;
    }
    // 64 bits here although 32 are read later: what is wider than 32 is then ignored, as upstream.
    Long scale = NumberLiteral.parseLong(written.value()).asOptional().orElse(null);
    if (scale == null) {
      return invalid(written);
    }
    if (scale < 0) {
      return invalid(written, " must be greater than 0");
    }
    return scale == 0 && !config.allowZeroInitialScale()
        ? invalid(written, "=0 not allowed by cluster")
        : FieldErrors.NONE;
  }

  private FieldErrors target() {
    Written written = TARGET.in(annotations).orElse(null);
    if (written == null) {
      return FieldErrors.NONE;
    }
    Double target = NumberLiteral.parseDouble(written.value()).asOptional().orElse(null);
    if (target == null) {
      return invalid(written);
    }
    return target < LEAST_TARGET
        ? FieldErrors.of(
            FieldError.of("target " + written.value() + " should be at least 0.01", written.key()))
        : FieldErrors.NONE;
  }

  private FieldErrors targetBurstCapacity() {
    Written written = TARGET_BURST_CAPACITY.in(annotations).orElse(null);
    if (written == null) {
      return FieldErrors.NONE;
    }
    Double capacity = NumberLiteral.parseDouble(written.value()).asOptional().orElse(null);
    return capacity == null || (capacity < 0 && capacity != -1)
        ? invalid(written)
        : FieldErrors.NONE;
  }

  private FieldErrors percentage(ScalingAnnotation annotation, int lowest, int highest) {
    Written written = annotation.in(annotations).orElse(null);
    if (written == null) {
      return FieldErrors.NONE;
    }
    Double percentage = NumberLiteral.parseDouble(written.value()).asOptional().orElse(null);
    if (percentage == null) {
      return invalid(written);
    }
    return percentage < lowest || percentage > highest
        ? outOfBounds(written, Integer.toString(lowest), Integer.toString(highest), written.key())
        : FieldErrors.NONE;
  }

  /** A duration up to an hour. */
  private FieldErrors duration(
      ScalingAnnotation annotation, Duration shortest, boolean wholeSeconds) {
    Written written = annotation.in(annotations).orElse(null);
    if (written == null) {
      return FieldErrors.NONE;
    }
    Duration duration = DurationLiteral.parse(written.value()).asOptional().orElse(null);
    if (duration == null) {
      return invalid(written);
    }
    if (duration.compareTo(shortest) < 0 || duration.compareTo(LONGEST_WINDOW) > 0) {
      return outOfBounds(
          written,
          DurationLiteral.print(shortest),
          DurationLiteral.print(LONGEST_WINDOW),
          written.key());
    }
    return wholeSeconds && !AutoscalerConfig.isWholeSeconds(duration)
        ? FieldErrors.of(
            FieldError.of("must be specified with at most second precision", written.key()))
        : FieldErrors.NONE;
  }

  private Optional<String> value(ScalingAnnotation annotation) {
    return annotation.in(annotations).map(Written::value);
  }

  private static FieldErrors invalid(Written written) {
    return invalid(written, "");
  }

  /** Upstream appends what it misses to the key, and so it becomes part of the path. */
  private static FieldErrors invalid(Written written, String remark) {
    return FieldErrors.of(FieldError.invalidValue(written.value(), written.key() + remark));
  }

  private static FieldErrors outOfBounds(
      Written written, String lowest, String highest, String path) {
    return FieldErrors.of(FieldError.outOfBounds(written.value(), lowest, highest, path));
  }
}
