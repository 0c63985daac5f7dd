package dev.bellows.bench.throttle;

import dev.bellows.core.throttle.Admission;
import dev.bellows.core.throttle.Breaker;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does it cost a queue-proxy to let a request in and out: at once, and after a wait? Expected:
 * some nanoseconds. Budget: 100 ns, 0 B.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class AdmissionBenchmark {
  private static final int CONCURRENCY = 10;

  private final Breaker free = new Breaker(10 * CONCURRENCY, CONCURRENCY, CONCURRENCY);
  private final Breaker full = full();

  private static Breaker full() {
    Breaker breaker = new Breaker(10 * CONCURRENCY, CONCURRENCY, CONCURRENCY);
    for (int i = 0; i < CONCURRENCY; i++) {
      breaker.admit();
    }
    return breaker;
  }

  @Benchmark
  public Admission atOnce() {
    Admission admission = free.admit();
    free.release();
    return admission;
  }

  /** One request joins the line of a full breaker, and one that runs ends and calls it. */
  @Benchmark
  public Admission afterWaiting() {
    Admission admission = full.admit();
    full.release();
    return admission;
  }
}
