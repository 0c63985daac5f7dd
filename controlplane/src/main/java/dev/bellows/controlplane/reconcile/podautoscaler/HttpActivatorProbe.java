package dev.bellows.controlplane.reconcile.podautoscaler;

import dev.bellows.core.podautoscaler.ProbeAnswer;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks over HTTP/1.1, each time on a connection of its own: one that is kept would lead to whoever
 * it led to before (autoscaling spec §8, probe).
 */
public final class HttpActivatorProbe implements ActivatorProbe {
  private static final Logger log = LoggerFactory.getLogger(HttpActivatorProbe.class);

  /**
   * Limit for the whole question, from dialling to the last byte of the answer. An activator
   * answers in microseconds; upstream's probe has no deadline of its own and can hold a worker for
   * some twenty seconds (spec §12).
   */
  public static final Duration DEADLINE = Duration.ofMillis(500);

  private static final String PROBE_HEADER = "K-Network-Probe";
  private static final String ACTIVATOR = "activator";
  private static final String USER_AGENT = "Knative-Autoscaling-Probe";

  @Override
  public ProbeAnswer ask(URI uri) {
    try {
      HttpURLConnection connection = open(uri);
      // On a thread of its own, since looking up a name knows no deadline, and a read timeout is
      // for each read: an answer that drips would outlast it again and again.
      FutureTask<ProbeAnswer> question = new FutureTask<>(() -> exchange(connection));
      Thread.startVirtualThread(question);
      try {
        return question.get(DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
      } finally {
        connection.disconnect();
      }
    } catch (IOException | ExecutionException | TimeoutException e) {
      log.debug("no activator at {}: {}", uri, e.toString());
      return ProbeAnswer.NO_ACTIVATOR;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return ProbeAnswer.NO_ACTIVATOR;
    }
  }

  private static HttpURLConnection open(URI uri) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection(Proxy.NO_PROXY);
    int limitMillis = Math.toIntExact(DEADLINE.toMillis());
    connection.setConnectTimeout(limitMillis);
    connection.setReadTimeout(limitMillis);
    connection.setInstanceFollowRedirects(false);
    connection.setUseCaches(false);
    connection.setRequestProperty("User-Agent", USER_AGENT);
    connection.setRequestProperty(PROBE_HEADER, ACTIVATOR);
    connection.setRequestProperty("Connection", "close");
    return connection;
  }

  private static ProbeAnswer exchange(HttpURLConnection connection) throws IOException {
    if (connection.getResponseCode() != HttpURLConnection.HTTP_OK) {
      return ProbeAnswer.NO_ACTIVATOR;
    }
    try (InputStream body = connection.getInputStream()) {
      byte[] read = body.readNBytes(ACTIVATOR.length() + 1);
      return new String(read, StandardCharsets.UTF_8).equals(ACTIVATOR)
          ? ProbeAnswer.ACTIVATOR
          : ProbeAnswer.NO_ACTIVATOR;
    }
  }
}
