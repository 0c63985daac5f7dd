package dev.bellows.app.wiring;

import dev.bellows.controlplane.watch.CannotWatchException;
import dev.bellows.embedded.store.StoreException;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.Serial;
import java.net.BindException;
import java.util.Objects;

/** Why the system could not start, in one line that says what to do. */
public final class StartException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  private StartException(String message, Throwable cause) {
    super(message, cause);
  }

  /** A role in a process of its own could not start. */
  static StartException of(String role, Throwable error) {
    for (Throwable each = error; each != null; each = each.getCause()) {
      if (each instanceof StartException known) {
        return known;
      }
      if (each instanceof BindException) {
        return new StartException(
            each.getMessage() + "; choose another port, see: bellows " + role + " --help", error);
      }
      if (each instanceof CannotWatchException) {
        return new StartException(String.valueOf(each.getMessage()), error);
      }
    }
    return new StartException("cannot start: " + error, error);
  }

  /** Libraries were left out: images for a cluster have none of a store. */
  static StartException incomplete(NoClassDefFoundError error) {
    return new StartException(
        "the one-machine mode is not in here (no " + error.getMessage() + "); run ./bellows up",
        error);
  }

  /** There is no API at that address, or none that knows us. */
  static StartException unreachable(String url, KubernetesClientException error) {
    Throwable cause = error;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    String why =
        error.getCode() > 0
            ? "it answered " + error.getCode()
            : Objects.requireNonNullElse(cause.getMessage(), cause.getClass().getSimpleName());
    return new StartException("no answer from the Kubernetes API at " + url + ": " + why, error);
  }

  static StartException of(Settings settings, Throwable error) {
    for (Throwable each = error; each != null; each = each.getCause()) {
      if (each instanceof ClusterNetwork.UnavailableException) {
        return new StartException("--network namespaces: " + each.getMessage(), error);
      }
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
