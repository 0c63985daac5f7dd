package dev.bellows.app.wiring;

import dev.bellows.embedded.store.StoreException;
import java.io.Serial;
import java.net.BindException;

/** Why the system could not start, in one line that says what to do. */
public final class StartException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  private StartException(String message, Throwable cause) {
    super(message, cause);
  }

  static StartException of(Settings settings, Throwable error) {
    for (Throwable each = error; each != null; each = each.getCause()) {
      if (each instanceof StoreException) {
        return new StartException(String.valueOf(each.getMessage()), error);
      }
      if (each instanceof BindException) {
        return new StartException(
            String.valueOf(error.getMessage())
                + "; choose other ports with --port (now "
                + settings.gatewayPort()
                + ") and --api-port (now "
                + settings.apiPort()
                + "), 0 = any free one",
            error);
      }
    }
    return new StartException("cannot start: " + error, error);
  }

  /** Whether it is the machine's or the user's doing, so that no trace is of use. */
  public boolean isExplained() {
    return !String.valueOf(getMessage()).startsWith("cannot start: ");
  }
}
