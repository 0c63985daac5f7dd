package dev.bellows.bench.kpa;

import dev.bellows.bench.Fleet;
import dev.bellows.core.kpa.Autoscaler;
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
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * What does it cost to decide about 100,000 Revisions? One operation is two seconds of life: each
 * Revision takes in a report per second and is decided about once. Expected: memory-bound, some ten
 * milliseconds. Budget: 20 % of one core, which is 400 ms.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 2,
    jvmArgs = {"-Xms1g", "-Xmx1g"})
public class FleetBenchmark {
  private final MetricCollection[] metrics = new MetricCollection[Fleet.REVISIONS];
  private final Autoscaler[] autoscalers = new Autoscaler[Fleet.REVISIONS];
  private final Stat[] loads = new Stat[16];
  private Instant now = Fleet.START;

  @Setup
  public void fill() {
    for (int i = 0; i < loads.length; i++) {
      loads[i] = new Stat("service-scraper", 5.0 * i, i, 50.0 * i, i, 3600, 0);
    }
    for (int i = 0; i < Fleet.REVISIONS; i++) {
      metrics[i] = Fleet.metrics(Aggregation.LINEAR);
      autoscalers[i] = Fleet.autoscaler(now, Duration.ofSeconds(i % 3 * 30L));
    }
    for (int second = 0; second < 60; second++) {
      report(second);
    }
  }

  @Benchmark
  public void twoSeconds(Blackhole blackhole) {
    report(0);
    report(1);
    for (int i = 0; i < Fleet.REVISIONS; i++) {
      blackhole.consume(autoscalers[i].step(now, i % 16, metrics[i].concurrencyAt(now)));
    }
  }

  private void report(int second) {
    now = now.plusSeconds(1);
    for (int i = 0; i < Fleet.REVISIONS; i++) {
      metrics[i].record(now, loads[(i + second) % loads.length]);
    }
  }
}
