package dev.bellows.controlplane.reconcile;

/** Where plans are applied: the Kubernetes API, or a test's model of it. */
public interface Writer {
  /**
   * Applies one step; when it returns, the API has accepted it. Changing or deleting what is gone
   * is no failure: there is nothing left to change.
   *
   * @throws StepFailed if it was not accepted
   */
  void apply(Step step);
}
