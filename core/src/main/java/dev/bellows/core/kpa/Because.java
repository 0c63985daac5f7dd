package dev.bellows.core.kpa;

import dev.bellows.core.stat.Observation;
import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * Why a decision is what it is. A small record of what went in and which rule had the last word;
 * {@code toString} makes one English sentence of it, so that logs, events, metrics and the
 * dashboard give the same answer. Nothing is formatted before someone asks.
 */
public sealed interface Because {

  /** Which rule had the last word. */
  enum Rule {
    /** What the stable window asks for. */
    STABLE,
    /** What the panic window asks for, being more, in panic mode. */
    PANIC,
    /** In panic mode the number of pods does not fall. */
    PANIC_NEVER_SHRINKS,
    /** More was wanted within the scale-down delay. */
    SCALE_DOWN_DELAY
  }

  /** What changed the number that the rule asked for. */
  enum Limit {
    NONE,
    MAX_SCALE_UP_RATE,
    MAX_SCALE_DOWN_RATE,
    ACTIVATION_SCALE
  }

  /**
   * The load was weighed.
   *
   * @param metric what the load is counted in
   * @param readyPods pods that were ready
   * @param stable load over the stable window
   * @param panic load over the panic window
   * @param targetPerPod load that one pod should carry
   * @param panicking whether the decision was made in panic mode
   * @param rule which rule had the last word
   * @param limit what changed the number that the rule asked for
   * @param desiredPodCount what came of it
   */
  record Weighed(
      ScalingMetric metric,
      int readyPods,
      double stable,
      double panic,
      double targetPerPod,
      boolean panicking,
      Rule rule,
      Limit limit,
      int desiredPodCount)
      implements Because {

    @Override
    public String toString() {
      return "%s %s, because %s%s%s."
          .formatted(
              pods(desiredPodCount),
              desiredPodCount <= 1 ? "is wanted" : "are wanted",
              reason(),
              limitation(),
              panicking && rule != Rule.PANIC_NEVER_SHRINKS ? " (in panic mode)" : "");
    }

    private String reason() {
      return switch (rule) {
        case STABLE -> demand("stable", stable);
        case PANIC -> demand("panic", panic);
        case PANIC_NEVER_SHRINKS -> "panic mode does not shrink, while " + demand("stable", stable);
        case SCALE_DOWN_DELAY ->
            "that many were wanted within the scale-down delay, while " + demand("stable", stable);
      };
    }

    private String demand(String window, double load) {
      if (load == 0) {
        return "the %s window shows no load".formatted(window);
      }
      return "the %s window's %s %s %s for %s at %s per pod"
          .formatted(
              window,
              decimal(load),
              metric.unit(load),
              load == 1 ? "asks" : "ask",
              decimal(Math.ceil(load / targetPerPod)),
              decimal(targetPerPod));
    }

    private String limitation() {
      return switch (limit) {
        case NONE -> "";
        case MAX_SCALE_UP_RATE -> ", held down by max-scale-up-rate from " + readyPods + " ready";
        case MAX_SCALE_DOWN_RATE -> ", held up by max-scale-down-rate from " + readyPods + " ready";
        case ACTIVATION_SCALE -> ", raised to the activation-scale";
      };
    }
  }

  /**
   * There was nothing to weigh.
   *
   * @param what what is missing
   */
  record Missing(Observation.Missing what) implements Because {
    @Override
    public String toString() {
      return "What was wanted stays wanted, because " + what + ".";
    }
  }

  private static String pods(int count) {
    return switch (count) {
      case 0 -> "No pod";
      case 1 -> "1 pod";
      default -> count + " pods";
    };
  }

  /** At most three decimals, none that are zero. */
  private static String decimal(double value) {
    if (!Double.isFinite(value)) {
      return Double.toString(value);
    }
    BigDecimal rounded =
        BigDecimal.valueOf(value).setScale(3, RoundingMode.HALF_UP).stripTrailingZeros();
    return rounded.toPlainString();
  }
}
