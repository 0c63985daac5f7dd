package dev.bellows.controlplane.reconcile;

import org.jspecify.annotations.Nullable;

/** The API did not accept a step. */
public final class StepFailed extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Step step;
  private final Why why;

  /** Why a step was not accepted. */
  public enum Why {
    /** Our view was stale: the object changed, or exists already. Looking again will do. */
    CONFLICT,
    /** The API server says no. */
    REFUSED,
    /** There was no answer. */
    UNANSWERED
  }

  public StepFailed(Step step, Why why, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.step = step;
    this.why = why;
  }

  /** What was tried. */
  public Step step() {
    return step;
  }

  public Why why() {
    return why;
  }
}
