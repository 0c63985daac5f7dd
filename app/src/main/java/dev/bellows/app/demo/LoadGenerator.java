package dev.bellows.app.demo;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;

/**
 * Keeps a fixed number of requests in flight for a while: each of its workers sends a request,
 * waits for the answer, and sends the next (a closed loop, as {@code hey -c} does).
 */
final class LoadGenerator implements AutoCloseable {
  private static final Duration REQUEST_LIMIT = Duration.ofSeconds(60);

  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  private final HttpRequest request;
  private final AtomicInteger inFlight = new AtomicInteger();
  private final LongAdder answered = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final Map<String, LongAdder> failures = new ConcurrentHashMap<>();
  private final ConcurrentHistogram latencyMicros =
      new ConcurrentHistogram(TimeUnit.MINUTES.toMicros(10), 3);

  /**
   * @param url where the gateway listens
   * @param host the service's host name, sent as Host
   */
  LoadGenerator(URI url, String host) {
    request = HttpRequest.newBuilder(url).header("Host", host).timeout(REQUEST_LIMIT).build();
  }

  /** Sends one request; returns how long its answer took. */
  Duration once() throws InterruptedException {
    long began = System.nanoTime();
    inFlight.incrementAndGet();
    try {
      HttpResponse<Void> response = client.send(request, HttpResponse.BodyHandlers.discarding());
      if (response.statusCode() == 200) {
        answered.increment();
      } else {
        fail("status " + response.statusCode());
      }
    } catch (IOException e) {
      fail(e.getClass().getSimpleName() + (e.getMessage() == null ? "" : ": " + e.getMessage()));
    } finally {
      inFlight.decrementAndGet();
    }
    Duration took = Duration.ofNanos(System.nanoTime() - began);
    latencyMicros.recordValue(Math.min(took.toNanos() / 1_000, TimeUnit.MINUTES.toMicros(10)));
    return took;
  }

  /**
   * Keeps {@code concurrency} requests in flight for {@code length}; returns when all are answered.
   */
  void run(int concurrency, Duration length) throws InterruptedException {
    long end = System.nanoTime() + length.toNanos();
    try (ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < concurrency; i++) {
        var _ =
            workers.submit(() -> {
              while (System.nanoTime() < end) {
                once();
              }
              return null;
            });
      }
      workers.shutdown();
      workers.awaitTermination(length.plus(REQUEST_LIMIT).toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private void fail(String why) {
    failed.increment();
    failures.computeIfAbsent(why, key -> new LongAdder()).increment();
  }

  int inFlight() {
    return inFlight.get();
  }

  long answered() {
    return answered.sum();
  }

  long failed() {
    return failed.sum();
  }

  /** How often each kind of failure was seen. */
  Map<String, LongAdder> failures() {
    return Map.copyOf(failures);
  }

  /**
   * @param percentile 0 to 100
   * @return milliseconds that this share of the answers did not exceed; 0 if there was none
   */
  double latencyMillis(double percentile) {
    return latencyMicros.getValueAtPercentile(percentile) / 1e3;
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
