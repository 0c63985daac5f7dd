package dev.bellows.core.kpa;

import dev.bellows.core.literal.DurationLiteral;
import dev.bellows.core.literal.NumberLiteral;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;

/**
 * The ConfigMap {@code config-autoscaler}, read and checked (autoscaling spec §1).
 *
 * @param enableScaleToZero whether a Revision without requests may have no pods
 * @param containerConcurrencyTargetFraction share of its concurrency that a pod should carry, 0..1
 * @param containerConcurrencyTargetDefault concurrency of a pod whose Revision sets no limit
 * @param rpsTargetDefault requests per second of a pod whose Revision sets no target
 * @param targetBurstCapacity load that must always fit on top; 0 = none, -1 = unlimited
 * @param activatorCapacity load one activator takes
 * @param allowZeroInitialScale whether a Revision may begin with no pods
 * @param initialScale pods a Revision begins with
 * @param minScale least number of pods; 0 = none needed
 * @param maxScale greatest number of pods; 0 = no limit
 * @param maxScaleLimit greatest maxScale a Revision may ask for; 0 = no limit
 * @param maxScaleUpRate at most this many times the ready pods in one step
 * @param maxScaleDownRate at least the ready pods divided by this in one step
 * @param stableWindow length of the stable window
 * @param panicWindowPercentage length of the panic window, in percent of the stable one
 * @param panicThresholdPercentage wanted pods in percent of the ready ones at which panic begins
 * @param scaleToZeroGracePeriod how long the activator must be in the path before the last pod goes
 * @param scaleToZeroPodRetentionPeriod how long the last pod stays at least after traffic ended
 * @param scaleDownDelay how long a lower number must stand before it is followed; zero = off
 * @param podAutoscalerClass class of a PodAutoscaler whose annotations name none
 */
public record AutoscalerConfig(
    boolean enableScaleToZero,
    double containerConcurrencyTargetFraction,
    double containerConcurrencyTargetDefault,
    double rpsTargetDefault,
    double targetBurstCapacity,
    double activatorCapacity,
    boolean allowZeroInitialScale,
    int initialScale,
    int minScale,
    int maxScale,
    int maxScaleLimit,
    double maxScaleUpRate,
    double maxScaleDownRate,
    Duration stableWindow,
    double panicWindowPercentage,
    double panicThresholdPercentage,
    Duration scaleToZeroGracePeriod,
    Duration scaleToZeroPodRetentionPeriod,
    Duration scaleDownDelay,
    String podAutoscalerClass) {

  /** Share of its requests per second that a pod should carry; not configurable. */
  public static final double RPS_TARGET_UTILIZATION = 0.7;

  /** No target may be lower: a pod that should carry nothing would mean infinitely many pods. */
  static final double LEAST_TARGET = 0.01;

  static final Duration SHORTEST_WINDOW = Duration.ofSeconds(6);
  static final Duration LONGEST_WINDOW = Duration.ofHours(1);

  /** What holds where the ConfigMap says nothing. */
  public static final AutoscalerConfig DEFAULT = defaults();

  /** What reading a ConfigMap came to. */
  public sealed interface Parsed {
    /** The map is good as a whole. */
    record Good(AutoscalerConfig config) implements Parsed {}

    /**
     * The map is bad as a whole: no key of it is in force.
     *
     * @param errorText upstream's text about the first violation
     */
    record Bad(String errorText) implements Parsed {}
  }

  /**
   * Reads the ConfigMap's data. Unknown keys are ignored, as upstream does; there is no falling
   * back key by key: the first violation refuses the whole map.
   */
  public static Parsed parse(Map<String, String> data) {
    ConfigReader read = new ConfigReader(data);
    // Kinds of values in upstream's order: of two unreadable values the first here is reported.
    String podAutoscalerClass = read.text("pod-autoscaler-class", ScalingAnnotations.KPA).strip();
    boolean enableScaleToZero = read.bool("enable-scale-to-zero", true);
    boolean allowZeroInitialScale = read.bool("allow-zero-initial-scale", false);
    double maxScaleUpRate = read.number("max-scale-up-rate", 1000);
    double maxScaleDownRate = read.number("max-scale-down-rate", 2);
    double percentage = read.number("container-concurrency-target-percentage", 70);
    double concurrencyTarget = read.number("container-concurrency-target-default", 100);
    double rpsTarget = read.number("requests-per-second-target-default", 200);
    double targetBurstCapacity = read.number("target-burst-capacity", 211);
    double panicWindowPercentage = read.number("panic-window-percentage", 10);
    double activatorCapacity = read.number("activator-capacity", 100);
    double panicThresholdPercentage = read.number("panic-threshold-percentage", 200);
    int initialScale = read.integer("initial-scale", 1);
    int minScale = read.integer("min-scale", 0);
    int maxScale = read.integer("max-scale", 0);
    int maxScaleLimit = read.integer("max-scale-limit", 0);
    Duration stableWindow = read.duration("stable-window", Duration.ofSeconds(60));
    Duration scaleDownDelay = read.duration("scale-down-delay", Duration.ZERO);
    Duration grace = read.duration("scale-to-zero-grace-period", Duration.ofSeconds(30));
    Duration retention = read.duration("scale-to-zero-pod-retention-period", Duration.ZERO);
    AutoscalerConfig config =
        new AutoscalerConfig(
            enableScaleToZero,
            // 70 and 0.7 are the same; 1 is a fraction, the whole of it.
            percentage > 1 ? percentage / 100 : percentage,
            concurrencyTarget,
            rpsTarget,
            targetBurstCapacity,
            activatorCapacity,
            allowZeroInitialScale,
            initialScale,
            minScale,
            maxScale,
            maxScaleLimit,
            maxScaleUpRate,
            maxScaleDownRate,
            stableWindow,
            panicWindowPercentage,
            panicThresholdPercentage,
            grace,
            retention,
            scaleDownDelay,
            podAutoscalerClass);
    return read.failure()
        .or(config::violation)
        .<Parsed>map(Parsed.Bad::new)
        .orElseGet(() -> new Parsed.Good(config));
  }

  private static AutoscalerConfig defaults() {
    return switch (parse(Map.of())) {
      case Parsed.Good(AutoscalerConfig config) -> config;
      case Parsed.Bad(String errorText) -> throw new AssertionError(errorText);
    };
  }

  /** The first rule that is violated. Written so that NaN passes, as it does upstream. */
  private Optional<String> violation() {
    FirstViolation first = new FirstViolation();
    checkTimes(first);
    checkTargets(first);
    checkRatesAndWindows(first);
    checkScales(first);
    return first.text();
  }

  private void checkTimes(FirstViolation first) {
    first.check(
        scaleToZeroGracePeriod.compareTo(Duration.ZERO) <= 0,
        () -> "scale-to-zero-grace-period must be positive, was: " + text(scaleToZeroGracePeriod));
    first.check(
        scaleDownDelay.isNegative(),
        () -> "scale-down-delay cannot be negative, was: " + text(scaleDownDelay));
    first.check(
        !isWholeSeconds(scaleDownDelay), () -> notInSeconds("scale-down-delay", scaleDownDelay));
    first.check(
        scaleToZeroPodRetentionPeriod.isNegative(),
        () ->
            "scale-to-zero-pod-retention-period cannot be negative, was: "
                + text(scaleToZeroPodRetentionPeriod));
  }

  private void checkTargets(FirstViolation first) {
    double concurrencyTarget =
        containerConcurrencyTargetFraction * containerConcurrencyTargetDefault;
    first.check(
        targetBurstCapacity < 0 && targetBurstCapacity != -1,
        () ->
            "target-burst-capacity must be either non-negative or -1 (for unlimited), was: "
                + NumberLiteral.printFixed(targetBurstCapacity));
    first.check(
        containerConcurrencyTargetFraction <= 0 || containerConcurrencyTargetFraction > 1,
        () ->
            "container-concurrency-target-percentage = "
                + NumberLiteral.printFixed(containerConcurrencyTargetFraction)
                + " is outside of valid range of (0, 100]");
    first.check(
        concurrencyTarget < LEAST_TARGET,
        () ->
            "container-concurrency-target-percentage and container-concurrency-target-default"
                + " yield target concurrency of "
                + NumberLiteral.print(concurrencyTarget)
                + ", can't be less than 0.01");
    first.check(
        rpsTargetDefault < LEAST_TARGET,
        () ->
            "requests-per-second-target-default must be at least 0.01, was: "
                + NumberLiteral.print(rpsTargetDefault));
    first.check(
        activatorCapacity < 1,
        () ->
            "activator-capacity = "
                + NumberLiteral.print(activatorCapacity)
                + ", must be at least 1");
  }

  private void checkRatesAndWindows(FirstViolation first) {
    first.check(maxScaleUpRate <= 1, () -> rateTooLow("max-scale-up-rate", maxScaleUpRate));
    first.check(maxScaleDownRate <= 1, () -> rateTooLow("max-scale-down-rate", maxScaleDownRate));
    first.check(
        stableWindow.compareTo(SHORTEST_WINDOW) < 0 || stableWindow.compareTo(LONGEST_WINDOW) > 0,
        () ->
            "stable-window = "
                + text(stableWindow)
                + ", must be in ["
                + text(SHORTEST_WINDOW)
                + "; "
                + text(LONGEST_WINDOW)
                + "] range");
    first.check(!isWholeSeconds(stableWindow), () -> notInSeconds("stable-window", stableWindow));
    first.check(
        panicWindowPercentage < 1 || panicWindowPercentage > 100,
        () ->
            "panic-window-percentage = "
                + NumberLiteral.print(panicWindowPercentage)
                + ", must be in [1, 100] interval");
  }

  private void checkScales(FirstViolation first) {
    int leastMaxScale = maxScaleLimit > 0 ? 1 : 0;
    first.check(
        initialScale < 0 || (initialScale == 0 && !allowZeroInitialScale),
        () ->
            "initial-scale = "
                + initialScale
                + ", must be at least 0 (or at least 1 when allow-zero-initial-scale is false)");
    first.check(
        maxScale < leastMaxScale || (maxScaleLimit > 0 && maxScale > maxScaleLimit),
        () ->
            "max-scale = %d, must be in [%d, max-scale-limit(%d)] range"
                .formatted(maxScale, leastMaxScale, maxScaleLimit));
    first.check(minScale < 0, () -> "min-scale = " + minScale + ", must be at least 0");
    first.check(
        maxScale > 0 && minScale > maxScale,
        () -> "min-scale (%d) must be less than max-scale (%d)".formatted(minScale, maxScale));
    first.check(
        maxScaleLimit < 0, () -> "max-scale-limit = " + maxScaleLimit + ", must be at least 0");
  }

  private static String rateTooLow(String key, double rate) {
    return key + " = " + NumberLiteral.print(rate) + ", must be greater than 1.0";
  }

  private static String notInSeconds(String key, Duration duration) {
    return key + " = " + text(duration) + ", must be specified with at most second precision";
  }

  private static String text(Duration duration) {
    return DurationLiteral.print(duration);
  }

  static boolean isWholeSeconds(Duration duration) {
    return duration.equals(duration.truncatedTo(ChronoUnit.SECONDS));
  }
}
