package dev.bellows.controlplane.scrape;

import dev.bellows.controlplane.scrape.ScrapeFailedException.Kind;
import dev.bellows.core.stat.MalformedStatException;
import dev.bellows.core.stat.Stat;
import dev.bellows.core.stat.StatWire;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Asks queue-proxies over HTTP: {@code GET http://AUTHORITY/metrics} as protobuf (autoscaling spec
 * §6, HTTP). Blocks; made for virtual threads. How many requests are under way at once is limited
 * for all Revisions together: the others wait, and their next tick is passed over.
 */
public final class HttpStatSource implements StatSource, AutoCloseable {
  private static final String PROTOBUF = "application/protobuf";

  /** From the first byte sent to the last one read. */
  private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(3);

  /** The longest stat there is; more is no stat. */
  private static final long MAX_BODY_BYTES = 336;

  /** Requests under way at once. */
  private static final int MAX_REQUESTS = 512;

  private static final int BAD_GATEWAY = 502;
  private static final int SERVICE_UNAVAILABLE = 503;

  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final Semaphore slots = new Semaphore(MAX_REQUESTS);
  private final Duration timeout;
  private final HttpClient kept;

  /** Waits three seconds for each answer, as upstream does. */
  public HttpStatSource() {
    this(DEFAULT_TIMEOUT);
  }

  /**
   * @param timeout from asking to the last byte of the answer
   */
  HttpStatSource(Duration timeout) {
    this.timeout = timeout;
    this.kept = client();
  }

  private HttpClient client() {
    return HttpClient.newBuilder()
        .executor(executor)
        .version(HttpClient.Version.HTTP_1_1)
        .followRedirects(HttpClient.Redirect.NEVER)
        .connectTimeout(timeout)
        .build();
  }

  @Override
  public Stat fetch(String authority, Connection connection)
      throws ScrapeFailedException, InterruptedException {
    slots.acquire();
    try {
      return switch (connection) {
        case KEPT -> fetch(kept, authority);
        case CLOSED -> {
          // The JDK's client keeps every connection of its own accord: one of its own is closed.
          try (HttpClient once = client()) {
            yield fetch(once, authority);
          }
        }
      };
    } finally {
      slots.release();
    }
  }

  private Stat fetch(HttpClient client, String authority)
      throws ScrapeFailedException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + authority + "/metrics"))
            .header("Accept", PROTOBUF)
            .build();
    HttpResponse<byte[]> response = exchange(client, request);
    int status = response.statusCode();
    if (status < 200 || status > 299) {
      Kind kind =
          status == BAD_GATEWAY || status == SERVICE_UNAVAILABLE ? Kind.MESH_LIKE : Kind.OTHER;
      throw new ScrapeFailedException(
          kind, "GET " + request.uri() + " answered with status " + status);
    }
    String type = response.headers().firstValue("Content-Type").orElse("none");
    if (!type.equals(PROTOBUF)) {
      throw new ScrapeFailedException(
          Kind.OTHER, "GET " + request.uri() + " answered with content type " + type);
    }
    try {
      return StatWire.decodeStat(response.body());
    } catch (MalformedStatException e) {
      throw new ScrapeFailedException(
          Kind.OTHER, "GET " + request.uri() + " answered with no stat: " + e.getMessage(), e);
    }
  }

  private HttpResponse<byte[]> exchange(HttpClient client, HttpRequest request)
      throws ScrapeFailedException, InterruptedException {
    // The client's own timeout ends with the headers; this one covers the body as well.
    CompletableFuture<HttpResponse<byte[]>> answer =
        client.sendAsync(
            request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_BODY_BYTES));
    try {
      return answer.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new ScrapeFailedException(
          Kind.OTHER, "GET " + request.uri() + " was not answered within " + timeout, e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() instanceof IOException io ? io : e;
      throw new ScrapeFailedException(
          Kind.OTHER, "GET " + request.uri() + " failed: " + cause, cause);
    } finally {
      // Does nothing to what has ended, and ends what has not.
      answer.cancel(true);
    }
  }

  /** Ends what is under way. */
  @Override
  public void close() {
    kept.shutdownNow();
    executor.shutdownNow();
  }
}
