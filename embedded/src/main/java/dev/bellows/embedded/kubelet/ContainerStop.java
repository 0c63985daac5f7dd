package dev.bellows.embedded.kubelet;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.embedded.runtime.Container;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * Ends a container in order, on a thread of its own: preStop hook, SIGTERM, and SIGKILL when the
 * grace is over. The hook's time counts; a hook that used it all up leaves the program {@link
 * #LEAST_GRACE} to answer the signal, as Kubernetes does.
 */
final class ContainerStop {
  private static final Duration LEAST_GRACE = Duration.ofSeconds(2);

  private final Container container;
  private final JsonNode preStop;
  private final Handler handler;
  private final Duration grace;
  private final Consumer<String> whenHookFails;

  ContainerStop(
      Container container,
      JsonNode preStop,
      Handler handler,
      Duration grace,
      Consumer<String> whenHookFails) {
    this.container = container;
    this.preStop = preStop;
    this.handler = handler;
    this.grace = grace;
    this.whenHookFails = whenHookFails;
  }

  void start() {
    Thread.ofVirtual().name("stop-" + container.id()).start(this::run);
  }

  private void run() {
    long began = System.nanoTime();
    try {
      if (grace.isPositive()) {
        hook();
        container.terminate();
        Duration left = grace.minusNanos(System.nanoTime() - began);
        boolean hooked = preStop.isObject();
        Duration patience = hooked && left.compareTo(LEAST_GRACE) < 0 ? LEAST_GRACE : left;
        container.exit().get(Math.max(0, patience.toMillis()), TimeUnit.MILLISECONDS);
      }
    } catch (TimeoutException e) {
      // Its grace is over.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new IllegalStateException("the end of a container is told without exceptions", e);
    } finally {
      container.kill();
    }
  }

  private void hook() throws InterruptedException {
    if (!preStop.isObject() || container.exit().isDone()) {
      return;
    }
    Handler.Result result;
    try {
      result = handler.run(preStop, grace);
    } catch (IllegalArgumentException e) {
      result = Handler.Result.failure(String.valueOf(e.getMessage()));
    }
    if (!result.success()) {
      whenHookFails.accept("PreStopHook failed: " + result.message());
    }
  }
}
