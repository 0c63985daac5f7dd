package dev.bellows.core.kpa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.bellows.core.stat.Observation;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A Revision whose story a test tells: first its settings, then what is seen at which moment and
 * what must come of it. The settings start as those of the worked examples: one pod carries 4/3 of
 * the target, both scale rates 10, panic at 200 %, a stable window of 60 s.
 */
final class ScaledRevision {
  private static final Instant START = Instant.parse("2026-11-21T10:00:00Z");

  private String metric = "concurrency";
  private double target = 10;
  private double burst;
  private double upRate = 10;
  private double downRate = 10;
  private Duration delay = Duration.ZERO;
  private int activationScale;
  private boolean reachable = true;
  private int readyAtStart;
  private int ready;
  private Instant now = START;
  private @Nullable Autoscaler autoscaler;
  private ScaleResult.@Nullable Scale latest;

  ScaledRevision metric(String name) {
    metric = name;
    return this;
  }

  ScaledRevision target(double load) {
    target = load;
    return this;
  }

  ScaledRevision burst(double targetBurstCapacity) {
    burst = targetBurstCapacity;
    return this;
  }

  ScaledRevision upRate(double rate) {
    upRate = rate;
    return this;
  }

  ScaledRevision downRate(double rate) {
    downRate = rate;
    return this;
  }

  ScaledRevision scaleDownDelay(String duration) {
    delay = duration(duration);
    return this;
  }

  ScaledRevision activationScale(int pods) {
    activationScale = pods;
    return this;
  }

  /** More than one: begins in panic with these as the floor. */
  ScaledRevision startsWith(int pods) {
    readyAtStart = pods;
    return this;
  }

  /** No Route leads to it any more; from the next step on. */
  ScaledRevision unreachable() {
    reachable = false;
    if (autoscaler != null) {
      autoscaler.update(spec());
    }
    return this;
  }

  ScaledRevision ready(int pods) {
    ready = pods;
    return this;
  }

  ScaledRevision at(String sinceStart) {
    now = START.plus(duration(sinceStart));
    return this;
  }

  /** Looks at the load once; the same over both windows. */
  ScaledRevision load(double both) {
    return load(both, both);
  }

  ScaledRevision load(double stable, double panic) {
    switch (autoscaler().step(now, ready, new Observation.Load(stable, panic))) {
      case ScaleResult.Scale scale -> latest = scale;
      case ScaleResult.Hold(Because because) -> fail("held: " + because);
    }
    return this;
  }

  ScaledRevision noData() {
    assertThat(autoscaler().step(now, ready, Observation.Missing.NO_DATA))
        .isInstanceOf(ScaleResult.Hold.class);
    return this;
  }

  ScaledRevision wants(int pods) {
    assertThat(scale().desiredPodCount())
        .as("pods wanted at +%s: %s", Duration.between(START, now), scale().because())
        .isEqualTo(pods);
    return this;
  }

  ScaledRevision excess(int burstCapacity) {
    assertThat(scale().excessBurstCapacity())
        .as("excess burst capacity at +%s", Duration.between(START, now))
        .isEqualTo(burstCapacity);
    return this;
  }

  ScaledRevision because(String sentence) {
    assertThat(scale().because()).hasToString(sentence);
    return this;
  }

  ScaledRevision panics() {
    assertThat(autoscaler().panicSince()).as("panics at %s", now).isPresent();
    return this;
  }

  ScaledRevision isCalm() {
    assertThat(autoscaler().panicSince()).as("panics at %s", now).isEmpty();
    return this;
  }

  private ScaleResult.Scale scale() {
    if (latest == null) {
      throw new AssertionError("nothing was decided yet");
    }
    return latest;
  }

  private Autoscaler autoscaler() {
    if (autoscaler == null) {
      autoscaler = new Autoscaler(START, spec(), readyAtStart);
    }
    return autoscaler;
  }

  private DeciderSpec spec() {
    return new DeciderSpec(
        metric,
        target,
        target / 0.75,
        burst,
        100,
        2,
        upRate,
        downRate,
        Duration.ofSeconds(60),
        delay,
        1,
        activationScale,
        reachable);
  }

  private static Duration duration(String text) {
    return Duration.parse("PT" + text);
  }
}
