package dev.bellows.bench.stat;

import dev.bellows.core.stat.RequestStatistics;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does it cost to count a request, its arrival and its end? Expected: a few nanoseconds per
 * event, 0 bytes. Budget: 100 ns and 0 B per event. The lock that a queue-proxy takes around it is
 * measured with it.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class CountingBenchmark {
  private static final int EVENTS = 2;

  private final Object lock = new Object();
  private final RequestStatistics statistics = new RequestStatistics(0);
  private long now;

  /** The arithmetic alone, as an activator's event loop does it. */
  @Benchmark
  @OperationsPerInvocation(EVENTS)
  public long confined() {
    statistics.proxiedIn(now += 1_000);
    statistics.proxiedOut(now += 1_000);
    return statistics.inFlight();
  }

  /** Under the lock that a pod's event loops share, when no other wants it. */
  @Benchmark
  @OperationsPerInvocation(EVENTS)
  public long guarded() {
    synchronized (lock) {
      statistics.proxiedIn(now += 1_000);
    }
    synchronized (lock) {
      statistics.proxiedOut(now += 1_000);
    }
    return now;
  }
}
