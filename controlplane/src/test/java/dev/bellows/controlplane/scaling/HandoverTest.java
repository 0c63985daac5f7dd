package dev.bellows.controlplane.scaling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.controlplane.scrape.PodWatch;
import dev.bellows.controlplane.scrape.RevisionPods;
import dev.bellows.controlplane.scrape.RevisionPods.ReadyPod;
import dev.bellows.core.kpa.DeciderSpec;
import dev.bellows.core.kpa.DeciderStatus;
import dev.bellows.core.kpa.MetricSpec;
import dev.bellows.core.kpa.ScaleResult;
import dev.bellows.core.kpa.ScalingSnapshot;
import dev.bellows.core.kpa.ScalingSnapshots;
import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.route.Address;
import dev.bellows.core.route.ServiceId;
import dev.bellows.core.stat.Aggregation;
import dev.bellows.core.stat.Stat;
import dev.bellows.core.stat.StatMessage;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** One autoscaler after another decides about the same Revision, on a virtual clock. */
class HandoverTest {
  private static final RevisionId HELLO = new RevisionId("default", "hello-00001");
  private static final int LIMIT = 100_000;

  private final VirtualClock clock = new VirtualClock();

  /** One process's share. */
  private final class Owner {
    private final List<RevisionId> told = new ArrayList<>();
    private final MetricCollector metrics =
        new MetricCollector(
            (revision, target) -> {
              throw new IllegalStateException("nobody is scraped here");
            },
            Runnable::run,
            clock,
            revision -> {});
    private final MultiScaler scaler = new MultiScaler(metrics, FourPods.READY, told::add);
    private final ScalingLoop loop = new ScalingLoop(metrics, scaler, clock);

    Owner begin(OptionalInt lastDesired) {
      metrics.createOrUpdate(
          HELLO,
          new MetricSpec(Duration.ofSeconds(60), Duration.ofSeconds(6), ""),
          Aggregation.LINEAR);
      scaler.createOrUpdate(
          new Decider(HELLO, "hello", "hello", "hello-00001", spec()),
          lastDesired,
          clock.instant());
      return this;
    }

    int second(double load) {
      loop.record(new StatMessage(HELLO, new Stat("activator", load, 0, load, 0, 0, 0)));
      clock.advance(Duration.ofSeconds(1));
      loop.step(clock.instant());
      return scaler.status(HELLO).map(DeciderStatus::desiredScale).orElseThrow();
    }

    byte[] leave() {
      Map<RevisionId, ScalingSnapshot> known = scaler.snapshots(id -> true, clock.instant());
      return ScalingSnapshots.encode(known, clock.instant(), LIMIT);
    }

    Owner take(byte[] left) {
      scaler.inherit(ScalingSnapshots.decode(left), clock.instant());
      return this;
    }
  }

  private enum FourPods implements PodWatch {
    READY;

    @Override
    public Optional<RevisionPods> pods(RevisionId revision) {
      return Optional.of(
          new RevisionPods(
              Collections.nCopies(4, new ReadyPod("pod", "10.0.0.1", Instant.MAX)), 0, 0, 0));
    }

    @Override
    public Address metricsAddress(ServiceId service, String podIp) {
      return new Address(podIp, 9090);
    }
  }

  @Test
  void aSuccessorWantsWhatItsPredecessorDid() {
    byte[] left = fourWanted().leave();
    clock.advance(Duration.ofSeconds(20)); // nobody measures meanwhile
    Owner successor = new Owner().take(left).begin(OptionalInt.of(4));
    assertThat(successor.scaler.status(HELLO).orElseThrow().desiredScale())
        .as("before its own first decision")
        .isEqualTo(4);
    for (int i = 0; i < 120; i++) {
      assertThat(successor.second(i % 2 == 0 ? 20 : 55)).as("second %d", i).isEqualTo(4);
    }
  }

  @Test
  void aSuccessorTellsWhatItsPredecessorMayNotHaveCarriedOut() {
    byte[] left = fourWanted().leave();
    Owner successor = new Owner().take(left).begin(OptionalInt.of(4));
    assertThat(successor.told).as("whose PodAutoscaler looks again").containsExactly(HELLO);
  }

  @Test
  void aSuccessorSeesTheLoadGoAsItsPredecessorWouldHave() {
    Owner stays = fourWanted();
    byte[] left = stays.leave();
    Owner successor = new Owner().take(left).begin(OptionalInt.of(4));
    int last = 4;
    for (int i = 0; i < 70; i++) {
      loadOf(stays, successor, 1);
      clock.advance(Duration.ofSeconds(1));
      stays.loop.step(clock.instant());
      successor.loop.step(clock.instant());
      last = successor.scaler.status(HELLO).orElseThrow().desiredScale();
      if (i % 2 == 1) {
        // The turns of both fall together once in two seconds.
        assertThat(((ScaleResult.Scale) successor.scaler.latest(HELLO).orElseThrow()))
            .isEqualTo(stays.scaler.latest(HELLO).orElseThrow());
      }
    }
    assertThat(last).isEqualTo(2); // half of the four that are ready, as fast as it may
  }

  @Test
  void whoeverFollowsAKilledOneKeepsItsPodsForAStableWindow() {
    Owner successor = new Owner().begin(OptionalInt.of(4));
    for (int i = 0; i < 60; i++) {
      assertThat(successor.second(0)).as("second %d", i).isIn(-1, 4);
    }
    int later = 4;
    for (int i = 0; i < 10; i++) {
      later = successor.second(0);
    }
    assertThat(later).isEqualTo(2);
  }

  @Test
  void whatIsOlderThanItsWindowIsNotGoneOnWith() {
    byte[] left = fourWanted().leave();
    Owner late = new Owner().take(left);
    clock.advance(Duration.ofSeconds(61));
    late.begin(OptionalInt.of(4));
    assertThat(late.scaler.status(HELLO).orElseThrow().desiredScale()).isEqualTo(-1);
    assertThat(late.second(0)).isEqualTo(-1);
    assertThat(late.second(0)).as("what was wanted last still stands").isEqualTo(4);
  }

  private Owner fourWanted() {
    Owner first = new Owner().begin(OptionalInt.empty());
    for (int i = 0; i < 200; i++) {
      first.second(i % 2 == 0 ? 20 : 55);
    }
    assertThat(first.scaler.status(HELLO).orElseThrow().desiredScale()).isEqualTo(4);
    return first;
  }

  private static void loadOf(Owner one, Owner other, double load) {
    StatMessage message = new StatMessage(HELLO, new Stat("activator", load, 0, load, 0, 0, 0));
    one.loop.record(message);
    other.loop.record(message);
  }

  private static DeciderSpec spec() {
    return new DeciderSpec(
        "concurrency",
        10,
        10,
        -1,
        100,
        2,
        1000,
        2,
        Duration.ofSeconds(60),
        Duration.ZERO,
        1,
        0,
        true);
  }
}
