package dev.bellows.embedded.cel;

import java.io.Serial;

/** A text that is no expression, or one of a wrong type, with Kubernetes' words for why. */
public final class CompilationException extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  CompilationException(String message) {
    super(message);
  }

  /** Never null. */
  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
