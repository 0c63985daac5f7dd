package dev.bellows.controlplane.reconcile.podautoscaler;

import dev.bellows.controlplane.watch.Key;
import dev.bellows.core.podautoscaler.ProbeAnswer;
import dev.bellows.core.podautoscaler.ScalingStep.KeepProbing;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * Asks for activators again and again, off the workers, until they answer or the asking is given up
 * (autoscaling spec §8). At most one asking per PodAutoscaler.
 *
 * <p>One thread keeps the time; each question runs on a virtual thread of its own, and few at once.
 */
final class BackgroundProbes implements AutoCloseable {
  /** Questions that are under way at the same time; the others wait for their turn. */
  private static final int MOST_AT_ONCE = 16;

  private static final long MOST_QUESTIONS =
      KeepProbing.LIMIT.toNanos() / KeepProbing.PERIOD.toNanos();

  private final ActivatorProbe probe;
  private final BiConsumer<Key, Duration> lookAgain;
  private final Set<Key> asking = ConcurrentHashMap.newKeySet();
  private final Semaphore permits = new Semaphore(MOST_AT_ONCE);
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("activator-probes").factory());

  /**
   * @param lookAgain is told whose asking ended, and how long to wait then
   */
  BackgroundProbes(ActivatorProbe probe, BiConsumer<Key, Duration> lookAgain) {
    this.probe = probe;
    this.lookAgain = lookAgain;
  }

  /**
   * Keeps asking for the activator of a PodAutoscaler, unless that is being done already.
   *
   * @param where to ask, looked up anew each time
   */
  void keepAsking(Key key, Supplier<Optional<URI>> where) {
    if (asking.add(key)) {
      schedule(key, where, 1);
    }
  }

  private void schedule(Key key, Supplier<Optional<URI>> where, int question) {
    try {
      timer.schedule(
          () -> {
            Thread.startVirtualThread(() -> ask(key, where, question));
          },
          KeepProbing.PERIOD.toMillis(),
          TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException closed) {
      asking.remove(key);
    }
  }

  private void ask(Key key, Supplier<Optional<URI>> where, int question) {
    ProbeAnswer answer = ProbeAnswer.NO_ACTIVATOR;
    permits.acquireUninterruptibly();
    try {
      answer = where.get().map(probe::ask).orElse(ProbeAnswer.NO_ACTIVATOR);
    } finally {
      permits.release();
      if (answer == ProbeAnswer.ACTIVATOR || question >= MOST_QUESTIONS) {
        asking.remove(key);
        lookAgain.accept(key, KeepProbing.REST);
      } else {
        schedule(key, where, question + 1);
      }
    }
  }

  /** Ends the asking; what is under way ends within its deadline. */
  @Override
  public void close() {
    timer.shutdownNow();
  }
}
