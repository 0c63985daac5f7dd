package dev.bellows.core.podautoscaler;

/**
 * Pods of a Revision (autoscaling spec §6).
 *
 * @param ready running, ready, not being deleted
 * @param notReady pending, or running and not ready, or being deleted
 * @param pending of those, the ones that do not run yet
 * @param terminating of those, the ones being deleted
 */
public record PodCounts(int ready, int notReady, int pending, int terminating) {
  /** No pods. */
  public static final PodCounts NONE = new PodCounts(0, 0, 0, 0);
}
