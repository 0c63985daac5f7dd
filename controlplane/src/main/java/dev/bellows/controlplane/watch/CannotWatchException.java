package dev.bellows.controlplane.watch;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.Serial;
import java.net.HttpURLConnection;
import java.util.List;

/** Kinds could not be listed at the start; the message says which and why, in one line. */
public final class CannotWatchException extends IllegalStateException {
  @Serial private static final long serialVersionUID = 1L;

  CannotWatchException(List<String> reasons) {
    super("cannot watch " + String.join("; ", reasons));
  }

  /** Whether trying again would be answered the same. */
  static boolean isLasting(Throwable failure) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof KubernetesClientException refusal) {
        return switch (refusal.getCode()) {
          case HttpURLConnection.HTTP_UNAUTHORIZED,
              HttpURLConnection.HTTP_FORBIDDEN,
              HttpURLConnection.HTTP_NOT_FOUND ->
              true;
          default -> false;
        };
      }
    }
    return false;
  }

  /** Why one kind could not be listed, for a person who can mend it. */
  static String reason(Class<? extends HasMetadata> kind, Throwable failure) {
    String name = HasMetadata.getFullResourceName(kind);
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof KubernetesClientException refusal) {
        switch (refusal.getCode()) {
          case HttpURLConnection.HTTP_NOT_FOUND -> {
            return name + ": the cluster does not have this kind; install Knative's CRDs first";
          }
          case HttpURLConnection.HTTP_FORBIDDEN -> {
            return name + ": not allowed to list it; it takes get, list and watch";
          }
          case HttpURLConnection.HTTP_UNAUTHORIZED -> {
            return name + ": the API does not know whose token this is";
          }
          default -> {}
        }
      }
    }
    return name + ": " + failure;
  }
}
