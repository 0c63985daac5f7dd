package dev.bellows.controlplane.watch;

import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.http.Interceptor;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Waits as long as a server says that has no time ({@code Retry-After} in seconds, as an API server
 * does with 429 and 503), before asking it again. fabric8 reads the header and then waits as long
 * as it would without. Answers that say nothing of the kind are left to its growing delays.
 */
final class ComeBackLater implements Interceptor {
  /** Who says more is asked in between. */
  private static final Duration LONGEST = Duration.ofSeconds(30);

  @Override
  public CompletableFuture<Boolean> afterFailure(
      BasicBuilder builder, HttpResponse<?> response, RequestTags tags) {
    return wait(response);
  }

  @Override
  public CompletableFuture<Boolean> afterFailure(
      HttpRequest.Builder builder, HttpResponse<?> response, RequestTags tags) {
    return wait(response);
  }

  private static CompletableFuture<Boolean> wait(HttpResponse<?> response) {
    long seconds = seconds(response.header("Retry-After"));
    if (seconds <= 0) {
      return CompletableFuture.completedFuture(false);
    }
    return CompletableFuture.supplyAsync(
        () -> true,
        CompletableFuture.delayedExecutor(
            Math.min(seconds, LONGEST.toSeconds()), TimeUnit.SECONDS));
  }

  private static long seconds(@Nullable String header) {
    try {
      return header == null ? 0 : Long.parseLong(header.strip());
    } catch (NumberFormatException e) {
      return 0; // a date, which no API server sends
    }
  }
}
