package dev.bellows.core.kpa;

/**
 * Between how many pods a Revision may be scaled.
 *
 * @param min least number of pods; 0 = none needed
 * @param max greatest number of pods; 0 = no limit
 */
public record ScaleBounds(int min, int max) {
  /**
   * The nearest number within the bounds. Where they contradict each other (a cluster-wide maximum
   * below an annotated minimum) too few pods are raised to the minimum and too many lowered to the
   * maximum, as upstream does (autoscaling spec §8 scale 4).
   */
  public int apply(int pods) {
    if (pods < min) {
      return min;
    }
    return max != 0 && pods > max ? max : pods;
  }
}
