package dev.bellows.bench;

import dev.bellows.core.kpa.Autoscaler;
import dev.bellows.core.kpa.DeciderSpec;
import dev.bellows.core.stat.Aggregation;
import dev.bellows.core.stat.MetricCollection;
import dev.bellows.core.stat.Silence;
import java.time.Duration;
import java.time.Instant;

/** Revisions with the default settings and a target of ten requests at a time. */
public final class Fleet {
  /** How many Revisions a large installation has. */
  public static final int REVISIONS = 100_000;

  /** When the benchmarks' clocks begin. */
  public static final Instant START = Instant.parse("2026-11-21T10:00:00Z");

  private Fleet() {}

  /** The windows of one Revision. */
  public static MetricCollection metrics(Aggregation aggregation) {
    return new MetricCollection(
        aggregation, Duration.ofSeconds(60), Duration.ofSeconds(6), Silence.NO_DATA);
  }

  /** What one Revision asks of its autoscaler. */
  public static DeciderSpec spec(Duration scaleDownDelay) {
    return new DeciderSpec(
        "concurrency",
        7,
        10,
        211,
        100,
        2,
        1000,
        2,
        Duration.ofSeconds(60),
        scaleDownDelay,
        1,
        0,
        true);
  }

  /** The autoscaler of one Revision, which has no pods. */
  public static Autoscaler autoscaler(Instant now, Duration scaleDownDelay) {
    return new Autoscaler(now, spec(scaleDownDelay), 0);
  }
}
