package dev.bellows.app.wiring;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Waits for a Kubernetes API that is away, as one is that starts beside us or is being updated: who
 * waits is there when it comes, sooner than one that ends and is started anew ever later. What does
 * not mend by itself is told at once.
 */
final class Greeting {
  /** How long the API may take to say that it is there. */
  private static final int ANSWER_MILLIS = 5_000;

  private static final int NOT_FOUND = HttpURLConnection.HTTP_NOT_FOUND;
  private static final int TOO_MANY_REQUESTS = 429;

  private Greeting() {}

  /**
   * Returns once the API answers.
   *
   * @param pause from an answer that did not come to the next question
   * @param tell takes a line each time that it does not answer
   * @throws StartException if it will not answer us later either
   */
  static void await(Config config, Duration pause, Consumer<String> tell)
      throws InterruptedException {
    Config impatient =
        new ConfigBuilder(config)
            .withRequestRetryBackoffLimit(0)
            .withConnectionTimeout(ANSWER_MILLIS)
            .withRequestTimeout(ANSWER_MILLIS)
            .build();
    try (KubernetesClient client = new KubernetesClientBuilder().withConfig(impatient).build()) {
      while (true) {
        try {
          if (client.getKubernetesVersion() == null) {
            throw new KubernetesClientException("there is no /version", NOT_FOUND, null);
          }
          return;
        } catch (KubernetesClientException e) {
          StartException unreachable = StartException.unreachable(config.getMasterUrl(), e);
          if (isLasting(e)) {
            throw unreachable;
          }
          tell.accept(unreachable.getMessage() + "; asking again until there is one");
        }
        Thread.sleep(pause);
      }
    }
  }

  /** Whether somebody has to do something about it. */
  private static boolean isLasting(KubernetesClientException error) {
    int code = error.getCode();
    if (code > 0) {
      return code < HttpURLConnection.HTTP_INTERNAL_ERROR && code != TOO_MANY_REQUESTS;
    }
    for (Throwable each = error; each != null; each = each.getCause()) {
      if (each instanceof UnknownHostException
          || each instanceof UnresolvedAddressException
          || each instanceof CertificateException) {
        return true;
      }
    }
    return false;
  }
}
