package dev.bellows.dataplane.queueproxy;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How a pod stops taking requests (data-plane spec §3.8). Probes fail from its start, so that the
 * pod leaves the endpoints; traffic is served until none has come for a while; then the pod's
 * listeners close.
 *
 * <p>States: <em>serving</em>; <em>asked</em> ({@code /wait-for-drain} was called: probes fail, but
 * if no termination follows within a second it was a mistake and all is as before);
 * <em>draining</em> (terminated); <em>quiet</em> (over). Changes happen on the pod's event loop;
 * whether it is in progress may be read anywhere.
 */
final class Drain {
  /** How long after {@code /wait-for-drain} the termination must follow. */
  static final Duration TERMINATION_GRACE = Duration.ofSeconds(1);

  /** How soon after a look that found a request in flight the next one follows. */
  private static final long LOOK_AGAIN_NANOS = Duration.ofMillis(100).toNanos();

  private final EventLoop loop;
  private final LongSupplier nanoClock;
  private final Duration quiet;
  private final LongSupplier inFlight;
  private final Runnable onQuiet;
  private final List<Runnable> waiting = new ArrayList<>();
  private volatile boolean inProgress;
  private volatile long lastRequestNanos;
  private boolean terminated;
  private boolean over;
  private @Nullable Future<?> timer;

  /**
   * A pod that serves.
   *
   * @param quiet how long no request must have come before the pod stops
   * @param inFlight requests in the pod: while there is one, there is no silence
   * @param onQuiet told once, when the drain is over
   */
  Drain(
      EventLoop loop,
      LongSupplier nanoClock,
      Duration quiet,
      LongSupplier inFlight,
      Runnable onQuiet) {
    this.loop = loop;
    this.nanoClock = nanoClock;
    this.quiet = quiet;
    this.inFlight = inFlight;
    this.onQuiet = onQuiet;
  }

  /** Whether probes are to fail. */
  boolean inProgress() {
    return inProgress;
  }

  /** A request that is no probe came. */
  void onRequest(long nowNanos) {
    if (inProgress) {
      lastRequestNanos = nowNanos;
    }
  }

  /** The pod is being terminated. */
  void terminate() {
    loop.execute(() -> {
      if (terminated) {
        return;
      }
      terminated = true;
      begin();
      schedule(quiet.toNanos(), this::lookForSilence);
    });
  }

  /** Starts or joins a drain, and runs {@code done} when it is over or was not meant. */
  void await(Runnable done) {
    loop.execute(() -> {
      if (over) {
        done.run();
        return;
      }
      waiting.add(done);
      if (!terminated && waiting.size() == 1) {
        begin();
        schedule(TERMINATION_GRACE.toNanos(), this::cancelUnlessTerminated);
      }
    });
  }

  private void begin() {
    lastRequestNanos = nanoClock.getAsLong();
    inProgress = true;
  }

  private void cancelUnlessTerminated() {
    if (!terminated) {
      inProgress = false;
      tellWaiting();
    }
  }

  private void lookForSilence() {
    // A request that runs longer than the silence would lose its program under it.
    if (inFlight.getAsLong() > 0) {
      schedule(Math.min(quiet.toNanos(), LOOK_AGAIN_NANOS), this::lookForSilence);
      return;
    }
    long silent = nanoClock.getAsLong() - lastRequestNanos;
    if (silent < quiet.toNanos()) {
      schedule(quiet.toNanos() - silent, this::lookForSilence);
      return;
    }
    over = true;
    onQuiet.run();
    tellWaiting();
  }

  private void tellWaiting() {
    List<Runnable> told = List.copyOf(waiting);
    waiting.clear();
    told.forEach(Runnable::run);
  }

  private void schedule(long nanos, Runnable step) {
    Future<?> replaced = timer;
    if (replaced != null) {
      replaced.cancel(false);
    }
    timer = loop.schedule(step, nanos, TimeUnit.NANOSECONDS);
  }

  /** Forgets its timer; the pod is gone. */
  void close() {
    loop.execute(() -> {
      over = true;
      Future<?> pending = timer;
      if (pending != null) {
        pending.cancel(false);
      }
      tellWaiting();
    });
  }
}
