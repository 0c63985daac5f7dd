package dev.bellows.app.cli;

import java.io.Serial;

/** Something the person at the terminal can mend; its message is all they see. */
public final class UserError extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  private static final int FAILED = 1;
  private static final int WRONG_WORDS = 2;

  private final int exitCode;

  /** It did not work. */
  public UserError(String message) {
    this(message, FAILED);
  }

  private UserError(String message, int exitCode) {
    super(message);
    this.exitCode = exitCode;
  }

  /** It could not be tried, since an argument is wrong. */
  static UserError wrongWords(String message) {
    return new UserError(message, WRONG_WORDS);
  }

  /**
   * The API could not be reached at all.
   *
   * @param error what the client says, with the reason as its cause
   * @param up the command that starts Bellows
   */
  static UserError notRunning(Exception error, String up) {
    Throwable cause = error.getCause() == null ? error : error.getCause();
    String why = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    return new UserError(
        "no answer from the API (" + why + "); is Bellows running? start it with: " + up);
  }

  /** What the process ends with. */
  int exitCode() {
    return exitCode;
  }
}
