package dev.bellows.bench.kpa;

import dev.bellows.bench.Fleet;
import dev.bellows.core.kpa.Autoscaler;
import dev.bellows.core.kpa.ScaleResult;
import dev.bellows.core.stat.Aggregation;
import dev.bellows.core.stat.MetricCollection;
import dev.bellows.core.stat.Stat;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
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
 * What does one decision cost, its windows of 60 s read and its reason made? Expected: well below a
 * microsecond; an observation, a result and a reason of some ten words each. Budget: 1 µs, 200 B
 * (upstream: 30 µs, 11 KB).
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class DecisionBenchmark {
  /** Linear is the default; weighted reads every bucket. */
  @Param({"LINEAR", "WEIGHTED_EXPONENTIAL"})
  public Aggregation aggregation = Aggregation.LINEAR;

  /** Pods that are ready: with 1 the load below means panic, with 8 calm. */
  @Param({"8", "1"})
  public int readyPods;

  private MetricCollection metrics = Fleet.metrics(Aggregation.LINEAR);
  private Autoscaler autoscaler = Fleet.autoscaler(Fleet.START, Duration.ZERO);
  private Instant now = Fleet.START;

  @Setup
  public void fill() {
    metrics = Fleet.metrics(aggregation);
    Stat stat = new Stat("service-scraper", 52.5, 0, 430, 0, 3600, 0);
    for (int second = 0; second < 90; second++) {
      now = now.plusSeconds(1);
      metrics.record(now, stat);
    }
    // As in life, the newest sample is often from the second before.
    now = now.plusSeconds(1);
    autoscaler = Fleet.autoscaler(now, Duration.ofMinutes(5));
  }

  @Benchmark
  public ScaleResult step() {
    return autoscaler.step(now, readyPods, metrics.concurrencyAt(now));
  }

  /** The same, and the sentence; only where someone reads it. */
  @Benchmark
  public String stepAndSaySo() {
    return step().because().toString();
  }
}
