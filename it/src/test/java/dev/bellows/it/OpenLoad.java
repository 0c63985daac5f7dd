package dev.bellows.it;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Phaser;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * Requests to one host at a steady rate, whether or not earlier ones have been answered. Counts
 * every answer that is not 200, and every request that got none.
 */
final class OpenLoad implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final HttpRequest request;
  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
  private final Phaser inFlight = new Phaser(1);
  private final LongAdder sent = new LongAdder();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();

  private OpenLoad(URI gateway, String host) {
    this.request = request(gateway, host);
  }

  /**
   * Begins.
   *
   * @param perSecond requests per second
   */
  static OpenLoad start(URI gateway, String host, int perSecond) {
    OpenLoad load = new OpenLoad(gateway, host);
    load.clock.scheduleAtFixedRate(
        load::send, 0, Duration.ofSeconds(1).toNanos() / perSecond, TimeUnit.NANOSECONDS);
    return load;
  }

  private void send() {
    inFlight.register();
    sent.increment();
    var _ =
        http.sendAsync(request, HttpResponse.BodyHandlers.ofString())
            .whenComplete((answer, failure) -> {
              if (failure != null) {
                failures.add(failure.toString());
              } else if (answer.statusCode() != 200) {
                failures.add(answer.statusCode() + " " + answer.body());
              }
              inFlight.arriveAndDeregister();
            });
  }

  /** Requests sent so far. */
  long sent() {
    return sent.sum();
  }

  /** What went wrong so far, one entry per request. */
  Queue<String> failures() {
    return failures;
  }

  /** Sends no more and waits for the answers that are due. */
  void end() {
    clock.shutdownNow();
    try {
      inFlight.awaitAdvanceInterruptibly(
          inFlight.arrive(), TIMEOUT.plusSeconds(5).toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (java.util.concurrent.TimeoutException e) {
      failures.add("requests without any answer: " + inFlight.getUnarrivedParties());
    }
    http.close();
  }

  @Override
  public void close() {
    end();
  }

  /**
   * How many of some requests got which answer, sent one after the other by a few clients.
   *
   * @return count by the answer's text, or by its status if that is not 200
   */
  static Map<String, Long> tally(URI gateway, String host, int requests)
      throws InterruptedException {
    Map<String, Long> tally = new ConcurrentHashMap<>();
    HttpRequest request = request(gateway, host);
    Semaphore clients = new Semaphore(16);
    try (HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      for (int i = 0; i < requests; i++) {
        clients.acquire();
        var _ =
            http.sendAsync(request, HttpResponse.BodyHandlers.ofString())
                .whenComplete((answer, failure) -> {
                  String what =
                      failure != null
                          ? failure.toString()
                          : answer.statusCode() == 200
                              ? answer.body().strip()
                              : String.valueOf(answer.statusCode());
                  tally.merge(what, 1L, Long::sum);
                  clients.release();
                });
      }
      clients.acquire(16);
    }
    return tally;
  }

  private static HttpRequest request(URI gateway, String host) {
    return HttpRequest.newBuilder(gateway).header("Host", host).timeout(TIMEOUT).build();
  }
}
