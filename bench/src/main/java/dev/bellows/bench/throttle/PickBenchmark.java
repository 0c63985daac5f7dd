package dev.bellows.bench.throttle;

import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.route.Address;
import dev.bellows.core.stat.ActivatorStatistics;
import dev.bellows.core.throttle.PodTracker;
import dev.bellows.core.throttle.RevisionThrottler;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does it cost an activator to choose one of 100 pods and to give the place back, and to count
 * the request for its report? Expected: tens of nanoseconds; a few hundred where first available
 * passes over ninety full pods. Budget: 0 B.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class PickBenchmark {
  private static final int PODS = 100;

  /** Chooses the policy: random choice of two, first available, round robin. */
  @Param({"0", "1", "10"})
  public int containerConcurrency;

  private final SplittableRandom random = new SplittableRandom(1);
  private final RevisionId revision = new RevisionId("default", "hello-00001");
  private final ActivatorStatistics statistics = new ActivatorStatistics("activator-1");
  private final Deque<PodTracker> busy = new ArrayDeque<>();
  private RevisionThrottler throttler = new RevisionThrottler(0, "10.9.0.1");
  private long nowNanos;

  @Setup
  public void fill() {
    throttler = new RevisionThrottler(containerConcurrency, "10.9.0.1");
    throttler.useDestinations(
        IntStream.range(0, PODS).mapToObj(i -> new Address("10.0.0." + i, 8012)).toList());
    for (int i = 0; i < PODS * 9 / 10; i++) {
      busy.add(acquire());
    }
    statistics.requestIn(revision, nowNanos);
  }

  @Benchmark
  public void pick() {
    throttler.release(acquire());
  }

  @Benchmark
  public void count() {
    nowNanos += 1000;
    statistics.requestIn(revision, nowNanos);
    statistics.requestOut(revision, nowNanos + 500);
  }

  private PodTracker acquire() {
    return Objects.requireNonNull(throttler.acquire(random));
  }
}
