package dev.bellows.dataplane.queueproxy;

import dev.bellows.dataplane.probe.ProbeResult;
import dev.bellows.dataplane.probe.Prober;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Whether the user containers of a pod are ready (data-plane spec §3.6). All their probes must
 * pass. Single flight: who asks while the probes run shares their result; nothing is remembered
 * afterwards.
 *
 * <p>Where the queue-proxy sets the pace (period 0), it asks at once and then at growing intervals,
 * a twentieth of the time since the first try: a program that starts in 20 ms is found within a
 * millisecond, one that takes seconds is not hammered (ADR 0027).
 */
final class Readiness {
  /** How long one run may take where the queue-proxy sets the pace. */
  private static final Duration RUN_LIMIT = Duration.ofSeconds(10);

  /** Limit of one try in such a run. */
  private static final Duration TRY_LIMIT = Duration.ofMillis(100);

  private static final long MIN_INTERVAL_NANOS = Duration.ofMillis(1).toNanos();
  private static final long MAX_INTERVAL_NANOS = Duration.ofMillis(50).toNanos();
  private static final int INTERVAL_SHARE = 20;

  private final Prober prober;
  private final EventLoop loop;
  private final List<Check> checks = new ArrayList<>();
  private final AtomicReference<@Nullable CompletableFuture<Boolean>> running =
      new AtomicReference<>();

  Readiness(List<ReadinessProbe> probes, Prober prober, EventLoop loop) {
    this.prober = prober;
    this.loop = loop;
    probes.forEach(probe -> checks.add(new Check(probe)));
  }

  /** Runs the probes, or joins the run in progress; completes on the pod's event loop. */
  CompletionStage<Boolean> check() {
    CompletableFuture<Boolean> mine = new CompletableFuture<>();
    while (true) {
      CompletableFuture<Boolean> other = running.get();
      if (other != null) {
        return other.minimalCompletionStage();
      }
      if (running.compareAndSet(null, mine)) {
        loop.execute(() -> run(mine));
        return mine.minimalCompletionStage();
      }
    }
  }

  private void run(CompletableFuture<Boolean> result) {
    CompletableFuture<?>[] runs = new CompletableFuture<?>[checks.size()];
    List<CompletableFuture<Boolean>> passed = new ArrayList<>();
    for (int i = 0; i < runs.length; i++) {
      CompletableFuture<Boolean> one = checks.get(i).run();
      passed.add(one);
      runs[i] = one;
    }
    CompletableFuture.allOf(runs)
        .whenComplete((nothing, failure) -> {
          running.set(null);
          result.complete(failure == null && passed.stream().allMatch(CompletableFuture::join));
        });
  }

  /** One container's probe, and its passes in a row, which survive from run to run. */
  private final class Check {
    private final ReadinessProbe spec;
    private int passes;

    Check(ReadinessProbe spec) {
      this.spec = spec;
    }

    CompletableFuture<Boolean> run() {
      CompletableFuture<Boolean> result = new CompletableFuture<>();
      if (spec.aggressive()) {
        attempt(result, loop.ticker().nanoTime());
      } else {
        spec.ask(prober, spec.timeout(), loop)
            .thenAccept(answer -> result.complete(answer.passed()));
      }
      return result;
    }

    private void attempt(CompletableFuture<Boolean> result, long startNanos) {
      spec.ask(prober, TRY_LIMIT, loop).thenAccept(answer -> onAnswer(result, startNanos, answer));
    }

    private void onAnswer(CompletableFuture<Boolean> result, long startNanos, ProbeResult answer) {
      passes = answer.passed() ? passes + 1 : 0;
      long elapsed = loop.ticker().nanoTime() - startNanos;
      if (passes >= spec.successThreshold()) {
        result.complete(true);
      } else if (elapsed >= RUN_LIMIT.toNanos()) {
        result.complete(false);
      } else {
        loop.schedule(
            () -> attempt(result, startNanos),
            Math.clamp(elapsed / INTERVAL_SHARE, MIN_INTERVAL_NANOS, MAX_INTERVAL_NANOS),
            TimeUnit.NANOSECONDS);
      }
    }
  }
}
