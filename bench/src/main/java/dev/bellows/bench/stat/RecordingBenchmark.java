package dev.bellows.bench.stat;

import dev.bellows.core.stat.Aggregation;
import dev.bellows.core.stat.MetricCollection;
import dev.bellows.core.stat.Silence;
import dev.bellows.core.stat.Stat;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does it cost to take in one report? It goes into four windows (concurrency and requests per
 * second, each stable and panic). Expected: some ten nanoseconds, more where a new second begins
 * and old buckets are cleared; 0 bytes. Budget: 100 ns, 0 B.
 *
 * <p>A thousand Revisions take turns, so that their windows do not all sit in the innermost cache.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class RecordingBenchmark {
  private static final int REVISIONS = 1000;

  private final MetricCollection[] revisions = new MetricCollection[REVISIONS];
  private final Stat stat = new Stat("service-scraper", 52.5, 12.25, 430, 110, 3600, 0);
  private Instant now = Instant.parse("2026-11-21T10:00:00Z");

  @Setup
  public void fill() {
    for (int i = 0; i < REVISIONS; i++) {
      revisions[i] =
          new MetricCollection(
              Aggregation.LINEAR, Duration.ofSeconds(60), Duration.ofSeconds(6), Silence.NO_DATA);
    }
    for (int second = 0; second < 60; second++) {
      firstOfItsSecond();
    }
  }

  /** The first report of a second: old buckets give way. */
  @Benchmark
  @OperationsPerInvocation(REVISIONS)
  public void firstOfItsSecond() {
    now = now.plusSeconds(1);
    anotherOfTheSameSecond();
  }

  /** A further report of the same second: from another activator, say. */
  @Benchmark
  @OperationsPerInvocation(REVISIONS)
  public void anotherOfTheSameSecond() {
    for (MetricCollection revision : revisions) {
      revision.record(now, stat);
    }
  }
}
