package dev.bellows.app.wiring;

import dev.bellows.app.telemetry.SystemMetrics;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Two parts in one process, which see the cluster by the same watches.
 *
 * @param first runs first, and ends last
 * @param second the other
 */
record Together(Role first, Role second) implements Role {
  /** Opens a part. */
  interface Opening {
    Role open() throws IOException;
  }

  /**
   * Puts another part beside one.
   *
   * @param first is closed if the other cannot be opened
   * @throws IOException if the other cannot be opened
   */
  static Together of(Role first, Opening second) throws IOException {
    try {
      return new Together(first, second.open());
    } catch (IOException | RuntimeException e) {
      first.close();
      throw e;
    }
  }

  @Override
  public void run() {
    first.run();
    second.run();
  }

  @Override
  public CompletionStage<Void> drain(Duration lameDuck) {
    return CompletableFuture.allOf(
        first.drain(lameDuck).toCompletableFuture(), second.drain(lameDuck).toCompletableFuture());
  }

  @Override
  public SystemMetrics addTo(SystemMetrics page) {
    return second.addTo(first.addTo(page));
  }

  @Override
  public String where() {
    return first.where() + "; " + second.where();
  }

  @Override
  public void close() {
    second.close();
    first.close();
  }
}
