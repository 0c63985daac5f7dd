package dev.bellows.embedded.cel;

import java.io.Serial;

/** An expression that has no value here, with Kubernetes' words for why. */
public final class EvaluationException extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  private final boolean tooCostly;

  EvaluationException(String message) {
    this(message, false);
  }

  private EvaluationException(String message, boolean tooCostly) {
    super(message);
    this.tooCostly = tooCostly;
  }

  static EvaluationException costLimit() {
    return new EvaluationException("operation cancelled: actual cost limit exceeded", true);
  }

  /** Whether it was stopped because it cost too much. */
  public boolean isTooCostly() {
    return tooCostly;
  }

  /** Never null. */
  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
