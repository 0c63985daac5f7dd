package dev.bellows.core.rollout;

/**
 * The pace of a rollout. Times are Unix nanoseconds, since that is what the annotation holds; 0
 * means not known yet.
 *
 * @param startTimeNanos when the newest Revision got its first share
 * @param nextStepTimeNanos when the next step is due
 * @param stepDurationNanos between two steps
 * @param stepSize percent that move in a step
 */
public record StepParams(
    long startTimeNanos, long nextStepTimeNanos, long stepDurationNanos, int stepSize) {
  /** No rollout is going on. */
  public static final StepParams NONE = new StepParams(0, 0, 0, 0);

  private static final double NANOS_PER_SECOND = 1e9;

  static StepParams startedAt(long nowNanos) {
    return new StepParams(nowNanos, 0, 0, 0);
  }

  /**
   * The pace, now that the ingress is known to follow: in steps as long as it took to follow, so
   * that each step can be seen through.
   *
   * @param percent share of the Configuration
   * @param durationSeconds length of the rollout in all
   */
  StepParams observedReadyAt(long nowNanos, int percent, long durationSeconds) {
    double took = Math.max(1, Math.ceil((nowNanos - startTimeNanos) / NANOS_PER_SECOND));
    double rest = Math.max(1, durationSeconds - took);
    double steps = Math.min(Math.max(1, rest / took), percent - 1);
    double stepNanos = rest / steps * NANOS_PER_SECOND;
    return new StepParams(
        startTimeNanos,
        // In double arithmetic like the original, so that both continue the other's rollout.
        (long) ((double) nowNanos + stepNanos),
        (long) stepNanos,
        (int) Math.round((percent - 1) / steps));
  }

  StepParams steppedAt(long nowNanos) {
    return new StepParams(
        startTimeNanos, nowNanos + stepDurationNanos, stepDurationNanos, stepSize);
  }

  // A step larger than the share would make the state unsound, and the next reconcile forget it.
  StepParams atMost(int percent) {
    return new StepParams(
        startTimeNanos, nextStepTimeNanos, stepDurationNanos, Math.min(stepSize, percent));
  }

  boolean isDueAt(long nowNanos) {
    return nextStepTimeNanos != 0 && nowNanos >= nextStepTimeNanos;
  }

  boolean waitsForIngress() {
    return startTimeNanos != 0 && stepDurationNanos == 0;
  }
}
