package dev.bellows.core.stat;

/** How the buckets of a window become one value (annotation metric-aggregation-algorithm). */
public enum Aggregation {
  /** Every second of the window counts alike. */
  LINEAR,
  /** The newest second counts most; each older one a fixed share less than the one after it. */
  WEIGHTED_EXPONENTIAL;

  /**
   * Reads the annotation's value; whatever is not one of the two spellings of weighted-exponential
   * is linear (autoscaling spec §2).
   */
  public static Aggregation of(String name) {
    return switch (name) {
      case "weighted-exponential", "weightedExponential" -> WEIGHTED_EXPONENTIAL;
      default -> LINEAR;
    };
  }
}
