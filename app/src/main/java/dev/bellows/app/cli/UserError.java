package dev.bellows.app.cli;

import java.io.Serial;

/** Something the person at the terminal can mend; its message is all they see. */
public final class UserError extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  public UserError(String message) {
    super(message);
  }

  /** The API could not be reached at all. */
  static UserError notRunning(Throwable cause) {
    String why = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    return new UserError(
        "no answer from the API (" + why + "); is Bellows running? start it with: ./bellows up");
  }
}
