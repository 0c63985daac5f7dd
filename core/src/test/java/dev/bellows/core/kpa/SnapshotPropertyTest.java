package dev.bellows.core.kpa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.stat.Aggregation;
import dev.bellows.core.stat.MetricCollection;
import dev.bellows.core.stat.Observation;
import dev.bellows.core.stat.Silence;
import dev.bellows.core.stat.Stat;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whoever goes on from a snapshot decides as the one who left it; seeds are told. */
class SnapshotPropertyTest {
  private static final int COURSES = 300;
  private static final int LIMIT = 1 << 20;
  private static final Instant START = Instant.parse("2026-11-21T10:00:00Z");
  private static final RevisionId ID = new RevisionId("default", "hello-00001");

  /** A Revision's load, and who decides about it. */
  private static final class Scaled {
    private final DeciderSpec spec;
    private final MetricCollection windows;
    private final Autoscaler autoscaler;

    Scaled(DeciderSpec spec, MetricCollection windows, Autoscaler autoscaler) {
      this.spec = spec;
      this.windows = windows;
      this.autoscaler = autoscaler;
    }

    static Scaled fresh(Random random) {
      DeciderSpec spec = spec(random);
      return new Scaled(
          spec,
          new MetricCollection(
              random.nextBoolean() ? Aggregation.LINEAR : Aggregation.WEIGHTED_EXPONENTIAL,
              spec.stableWindow(),
              Duration.ofSeconds(Math.max(1, spec.stableWindow().toSeconds() / 10)),
              Silence.NO_DATA),
          new Autoscaler(START, spec, random.nextInt(4)));
    }

    /** What another makes of the bytes that this one leaves. */
    Scaled handedOver(Instant left, Instant taken) {
      ScalingSnapshot snapshot =
          new ScalingSnapshot(
              windows.snapshot(left),
              autoscaler.snapshot(left),
              new DeciderStatus(3, 4, Optional.of(left)));
      byte[] bytes = ScalingSnapshots.encode(Map.of(ID, snapshot), left, LIMIT);
      ScalingSnapshot read = ScalingSnapshots.decode(bytes).get(ID);
      assertThat(read).isEqualTo(snapshot);
      return new Scaled(
          spec,
          new MetricCollection(read.windows(), Silence.NO_DATA, taken),
          Autoscaler.restored(taken, spec, read.autoscaler()));
    }

    void record(Instant at, double load) {
      windows.record(at, new Stat("pod", load, 0, 2 * load, 0, 100, 0));
    }

    ScaleResult step(Instant now, int ready) {
      return autoscaler.step(now, ready, windows.concurrencyAt(now));
    }

    private static DeciderSpec spec(Random random) {
      return new DeciderSpec(
          random.nextBoolean() ? "concurrency" : "rps",
          1 + random.nextInt(20),
          1 + random.nextInt(20),
          random.nextInt(3) == 0 ? -1 : random.nextInt(200),
          100,
          1 + 5 * random.nextDouble(),
          1 + 5 * random.nextDouble(),
          2,
          Duration.ofSeconds(6 + random.nextInt(90)),
          random.nextBoolean() ? Duration.ZERO : Duration.ofSeconds(random.nextInt(120)),
          1,
          random.nextInt(4),
          random.nextInt(5) != 0);
    }
  }

  @Test
  void decidesAsTheOneWhoLeftIt() {
    for (long seed = 1; seed <= COURSES; seed++) {
      Random random = new Random(seed);
      Scaled original = Scaled.fresh(random);
      int left = random.nextInt(200);
      int second = 0;
      for (; second < left; second++) {
        live(original, second, random);
      }
      Scaled successor = original.handedOver(at(second), at(second));
      for (; second < left + 200; second++) {
        double load = random.nextInt(4) == 0 ? 0 : random.nextDouble() * 100;
        int ready = random.nextInt(10);
        if (random.nextInt(5) != 0) {
          original.record(at(second), load);
          successor.record(at(second), load);
        }
        assertThat(successor.step(at(second), ready))
            .as("seed %d, second %d", seed, second)
            .isEqualTo(original.step(at(second), ready));
      }
    }
  }

  @Test
  void timeStandsStillWhileNobodyDecides() {
    for (long seed = 1; seed <= COURSES; seed++) {
      Random random = new Random(seed);
      Scaled original = Scaled.fresh(random);
      int left = 10 + random.nextInt(200);
      for (int second = 0; second < left; second++) {
        live(original, second, random);
      }
      int gap = 1 + random.nextInt(50);
      Scaled successor = original.handedOver(at(left), at(left + gap));
      // Reported of the time between, as what waited for an owner is; it must not count twice.
      successor.record(at(left + gap - 1), 10_000);
      Observation before = original.windows.concurrencyAt(at(left));
      assertThat(successor.windows.concurrencyAt(at(left + gap - 1)))
          .as("seed %d, %d s without an owner", seed, gap)
          .isEqualTo(before);
    }
  }

  @Test
  void whoKnowsOnlyWhatWasWantedTakesNothingAwayForAStableWindow() {
    for (long seed = 1; seed <= COURSES; seed++) {
      Random random = new Random(seed);
      DeciderSpec spec = Scaled.spec(random);
      int wanted = 1 + random.nextInt(20);
      Autoscaler resumed = Autoscaler.resumed(START, spec, random.nextInt(3), wanted);
      int blind = random.nextInt(300);
      for (int second = 0; second < blind; second += 2) {
        assertThat(resumed.step(at(second), wanted, Observation.Missing.NO_DATA))
            .isInstanceOf(ScaleResult.Hold.class);
      }
      for (int second = blind; second < blind + spec.stableWindow().toSeconds(); second += 2) {
        assertThat(desired(resumed, second, wanted))
            .as("seed %d, second %d of %s", seed, second - blind, spec.stableWindow())
            .isGreaterThanOrEqualTo(wanted);
      }
      int calm = (int) (blind + 300 + spec.stableWindow().toSeconds());
      int least = 0;
      for (int second = calm; second < calm + 400; second += 2) {
        least = desired(resumed, second, 1);
      }
      assertThat(least).as("seed %d: it is not kept for ever", seed).isLessThanOrEqualTo(1);
    }
  }

  @Test
  void whatWantedNothingIsNotKeptUp() {
    Autoscaler resumed = Autoscaler.resumed(START, Scaled.spec(new Random(1)), 0, 0);
    assertThat(desired(resumed, 2, 0)).isZero();
  }

  @Test
  void thoseWithTheMostPodsAreWrittenFirstWhereNotAllFit() {
    Map<RevisionId, ScalingSnapshot> all = new HashMap<>();
    Scaled scaled = Scaled.fresh(new Random(7));
    for (int second = 0; second < 100; second++) {
      scaled.record(at(second), 1.1 * second);
    }
    for (int i = 0; i < 100; i++) {
      all.put(
          new RevisionId("default", "r" + i),
          new ScalingSnapshot(
              scaled.windows.snapshot(at(100)),
              scaled.autoscaler.snapshot(at(100)),
              new DeciderStatus(i, 0)));
    }
    byte[] bytes = ScalingSnapshots.encode(all, at(100), 20_000);
    assertThat(bytes.length).isLessThanOrEqualTo(20_000);
    Map<RevisionId, ScalingSnapshot> read = ScalingSnapshots.decode(bytes);
    assertThat(read).hasSizeBetween(2, 99);
    for (int i = 99; i > 99 - read.size(); i--) {
      assertThat(read).containsKey(new RevisionId("default", "r" + i));
    }
  }

  @Test
  void whatIsNoSnapshotIsRefusedWhateverItIs() {
    Scaled scaled = Scaled.fresh(new Random(7));
    scaled.record(at(0), 1);
    byte[] good =
        ScalingSnapshots.encode(
            Map.of(
                ID,
                new ScalingSnapshot(
                    scaled.windows.snapshot(at(0)),
                    scaled.autoscaler.snapshot(at(0)),
                    new DeciderStatus(1, 0))),
            at(0),
            LIMIT);
    assertThatThrownBy(() -> ScalingSnapshots.decode(new byte[] {1}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("snapshots of form 1, not 2");
    assertThatThrownBy(() -> ScalingSnapshots.decode(Arrays.copyOf(good, good.length - 1)))
        .isInstanceOf(IllegalArgumentException.class);
    for (long seed = 1; seed <= 2_000; seed++) {
      Random random = new Random(seed);
      byte[] bad = good.clone();
      bad[1 + random.nextInt(bad.length - 1)] ^= (byte) (1 + random.nextInt(255));
      try {
        ScalingSnapshots.decode(bad);
      } catch (IllegalArgumentException e) {
        assertThat(e).as("seed %d", seed).hasMessageMatching("(?s).+");
      }
    }
  }

  private static void live(Scaled scaled, int second, Random random) {
    if (random.nextInt(5) != 0) {
      scaled.record(at(second), random.nextDouble() * 100);
    }
    if (random.nextBoolean()) {
      scaled.step(at(second), random.nextInt(10));
    }
  }

  private static int desired(Autoscaler autoscaler, int second, int ready) {
    return ((ScaleResult.Scale) autoscaler.step(at(second), ready, new Observation.Load(0, 0)))
        .desiredPodCount();
  }

  private static Instant at(int second) {
    return START.plusSeconds(second);
  }
}
