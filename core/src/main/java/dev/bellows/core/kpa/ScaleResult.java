package dev.bellows.core.kpa;

/** What one step of the decision says; "no data" cannot be mistaken for "no pods". */
public sealed interface ScaleResult {

  /** Why. */
  Because because();

  /**
   * This many pods are wanted. The Revision's own bounds (min-scale, max-scale, initial-scale) are
   * not applied yet.
   *
   * @param desiredPodCount pods wanted
   * @param excessBurstCapacity load that still fits beyond the current one and the target burst
   *     capacity, in the metric's unit; negative = requests must pass through an activator
   * @param because why this many
   */
  record Scale(int desiredPodCount, int excessBurstCapacity, Because.Weighed because)
      implements ScaleResult {}

  /**
   * Nothing can be decided: whatever was wanted before stays wanted, nobody is told.
   *
   * @param because what is missing
   */
  record Hold(Because.Missing because) implements ScaleResult {}
}
