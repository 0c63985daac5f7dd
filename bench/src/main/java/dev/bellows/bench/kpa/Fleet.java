package dev.bellows.bench.kpa;

import dev.bellows.core.kpa.Autoscaler;
import dev.bellows.core.kpa.DeciderSpec;
import dev.bellows.core.stat.Aggregation;
import dev.bellows.core.stat.MetricCollection;
import dev.bellows.core.stat.Silence;
import java.time.Duration;
import java.time.Instant;

/** Revisions with the default settings and a target of ten requests at a time. */
final class Fleet {
  static final Instant START = Instant.parse("2026-11-21T10:00:00Z");

  private Fleet() {}

  static MetricCollection metrics(Aggregation aggregation) {
    return new MetricCollection(
        aggregation, Duration.ofSeconds(60), Duration.ofSeconds(6), Silence.NO_DATA);
  }

  static Autoscaler autoscaler(Instant now, Duration scaleDownDelay) {
    return new Autoscaler(
        now,
        new DeciderSpec(
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
            true),
        0);
  }
}
