package dev.bellows.core.kpa;

/**
 * What the reconciler of a PodAutoscaler reads of the decisions so far.
 *
 * @param desiredScale pods wanted; -1 = nothing decided yet
 * @param excessBurstCapacity load that still fits beyond the current one and the target burst
 *     capacity; negative = requests must pass through an activator
 */
public record DeciderStatus(int desiredScale, int excessBurstCapacity) {

  /** The desired scale of a decider that has not decided. */
  public static final int UNDECIDED = -1;

  /** What stands before the first decision (autoscaling spec §4, initial decider status). */
  public static DeciderStatus initial(DeciderSpec spec) {
    double burst = spec.targetBurstCapacity();
    double excess =
        burst == -1 || burst == 0 ? burst : spec.initialScale() * spec.totalValue() - burst;
    // The cast truncates as upstream does: -0.5 becomes 0, which is not negative.
    return new DeciderStatus(UNDECIDED, (int) excess);
  }

  /**
   * Whether the PodAutoscaler must be reconciled when this status follows {@code before}: only if
   * the number of pods changed, or the burst capacity changed its sign (autoscaling spec §7; zero
   * counts as positive). Its size alone moves with every request.
   */
  public boolean mustBeToldAfter(DeciderStatus before) {
    return desiredScale != before.desiredScale
        || (excessBurstCapacity < 0) != (before.excessBurstCapacity < 0);
  }
}
