package dev.bellows.core.stat;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class MetricCollectionTest {
  private static final Instant START = Instant.parse("2026-11-21T10:00:00Z");

  @Test
  void showsBothWindows() { // worked example 32
    MetricCollection metrics = collection(Silence.NO_DATA);
    for (int second = 0; second < 10; second++) {
      metrics.record(START.plusSeconds(second), stat(second + 5, 0, second + 15, 0));
    }
    Instant now = START.plusSeconds(9);
    assertThat(metrics.concurrencyAt(now)).isEqualTo(new Observation.Load(11.5, 13.5));
    assertThat(metrics.requestsPerSecondAt(now)).isEqualTo(new Observation.Load(21.5, 23.5));
  }

  @Test
  void addsUpTheSourcesOfOneSecond() { // 33
    MetricCollection metrics = collection(Silence.NO_DATA);
    for (int source = 0; source < 3; source++) {
      metrics.record(START, stat(10, 0, 0, 0));
      metrics.record(START.plusSeconds(1), stat(source == 0 ? 40 : 0, 0, 0, 0));
    }
    assertThat(metrics.concurrencyAt(START.plusSeconds(1))).isEqualTo(new Observation.Load(35, 35));
  }

  @Test
  void leavesOutWhatTheActivatorReportsItself() { // 36
    MetricCollection metrics = collection(Silence.NO_DATA);
    metrics.record(START, stat(20, 10, 30, 20));
    assertThat(metrics.concurrencyAt(START)).isEqualTo(new Observation.Load(10, 10));
    assertThat(metrics.requestsPerSecondAt(START)).isEqualTo(new Observation.Load(10, 10));
  }

  @Test
  void ignoresReportsThatAreNoNumbers() {
    MetricCollection metrics = collection(Silence.NO_DATA);
    metrics.record(START, stat(10, 0, 10, 0));
    metrics.record(START, stat(Double.NaN, 0, 10, 0));
    metrics.record(START, stat(10, 0, Double.POSITIVE_INFINITY, 0));
    assertThat(metrics.concurrencyAt(START)).isEqualTo(new Observation.Load(10, 10));
  }

  @Test
  void silenceIsNoDataWhereScrapedAndNoRequestsWhereNot() {
    assertThat(collection(Silence.of("hello-private")).concurrencyAt(START))
        .isEqualTo(Observation.Missing.NO_DATA);
    assertThat(collection(Silence.of("")).concurrencyAt(START))
        .isEqualTo(new Observation.Load(0, 0));
  }

  private static MetricCollection collection(Silence silence) {
    return new MetricCollection(
        Aggregation.LINEAR, Duration.ofSeconds(6), Duration.ofSeconds(2), silence);
  }

  private static Stat stat(double concurrency, double proxied, double count, double proxiedCount) {
    return new Stat("pod", concurrency, proxied, count, proxiedCount, 1, 0);
  }
}
