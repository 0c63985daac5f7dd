package dev.bellows.embedded.controller;

import dev.bellows.embedded.apiserver.ApiException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a controller: each key that may need work is reconciled, never twice at once, and again
 * after a growing delay when that fails. A key that changes while it is being worked on is worked
 * on once more afterwards. Bounded by the number of objects: a key waits at most once.
 *
 * @param <K> names an object
 */
public final class ControllerLoop<K> implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ControllerLoop.class);
  private static final long FIRST_DELAY_MILLIS = 5;
  private static final long LAST_DELAY_MILLIS = 60_000;

  private final String name;
  private final Reconciler<K> reconciler;
  private final Semaphore workers;
  private final ExecutorService executor;
  private final ScheduledExecutorService timer;
  private final Map<K, State> states = new HashMap<>();
  private final Map<K, Integer> failures = new HashMap<>();
  private boolean open;

  /**
   * What a controller does for one key.
   *
   * @param <K> names an object
   */
  @FunctionalInterface
  public interface Reconciler<K> {
    /**
     * Brings the world to what the object wants; the object may be gone. Blocks as it likes.
     *
     * @return when to look again although nothing may have changed
     * @throws Exception to be called again after a while
     */
    Optional<Duration> reconcile(K key) throws Exception;
  }

  private enum State {
    WAITING,
    WORKING,
    WORKING_AND_CHANGED
  }

  /**
   * A loop that does nothing before {@link #start}.
   *
   * @param name for logs and threads
   * @param concurrency how many keys are worked on at once
   */
  public ControllerLoop(String name, int concurrency, Reconciler<K> reconciler) {
    this.name = name;
    this.reconciler = reconciler;
    this.workers = new Semaphore(concurrency);
    this.executor =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name(name + "-", 0).factory());
    this.timer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name(name + "-timer").daemon().factory());
  }

  /** Begins to work on the keys, those that wait already included. */
  public synchronized void start() {
    open = true;
    states.keySet().forEach(this::submit);
  }

  /** Has a key worked on as soon as possible. */
  public synchronized void enqueue(K key) {
    State state = states.get(key);
    if (state == null) {
      states.put(key, State.WAITING);
      if (open) {
        submit(key);
      }
    } else if (state == State.WORKING) {
      states.put(key, State.WORKING_AND_CHANGED);
    }
  }

  /** Has a key worked on after a while. */
  public void enqueueAfter(K key, Duration delay) {
    try {
      Future<?> _ = timer.schedule(() -> enqueue(key), delay.toNanos(), TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      LOG.debug("{} is closed, {} is left", name, key);
    }
  }

  private void submit(K key) {
    try {
      executor.execute(() -> run(key));
    } catch (RejectedExecutionException e) {
      LOG.debug("{} is closed, {} is left", name, key);
    }
  }

  private void run(K key) {
    try {
      workers.acquire();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return; // closing
    }
    try {
      synchronized (this) {
        states.put(key, State.WORKING);
      }
      reconcile(key);
    } finally {
      workers.release();
      synchronized (this) {
        if (states.remove(key) == State.WORKING_AND_CHANGED) {
          enqueue(key);
        }
      }
    }
  }

  private void reconcile(K key) {
    try {
      Optional<Duration> again = reconciler.reconcile(key);
      synchronized (this) {
        failures.remove(key);
      }
      again.ifPresent(delay -> enqueueAfter(key, delay));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      int count;
      synchronized (this) {
        count = failures.merge(key, 1, Integer::sum);
      }
      Duration delay = delay(count);
      switch (e) {
        // Somebody else wrote meanwhile: the ordinary case of working from a cache.
        case ApiException refusal when refusal.code() == 409 ->
            LOG.debug("{}: {} again in {}: {}", name, key, delay, refusal.getMessage());
        case ApiException refusal ->
            LOG.info("{}: {} again in {}: {}", name, key, delay, refusal.getMessage());
        default -> LOG.warn("{}: {} failed, again in {}", name, key, delay, e);
      }
      enqueueAfter(key, delay);
    }
  }

  static Duration delay(int failures) {
    int doublings = Math.min(failures - 1, 20);
    return Duration.ofMillis(Math.min(FIRST_DELAY_MILLIS << doublings, LAST_DELAY_MILLIS));
  }

  @Override
  public void close() {
    timer.shutdownNow();
    executor.shutdownNow();
  }
}
