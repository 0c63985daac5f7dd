package dev.bellows.core.kpa;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Worked examples 49 and 50 of the autoscaling spec. */
class DeciderStatusTest {

  @Test
  void beginsUndecidedWithTheRoomThatTheInitialPodsWillHave() {
    assertThat(initial(2, 25, 42)).isEqualTo(new DeciderStatus(-1, 8));
    assertThat(initial(1, 100, 211)).isEqualTo(new DeciderStatus(-1, -111));
    assertThat(initial(1, 100, -1)).isEqualTo(new DeciderStatus(-1, -1));
    assertThat(initial(1, 100, 0)).isEqualTo(new DeciderStatus(-1, 0));
  }

  @Test
  void lessThanOneRequestShortIsNotShort() {
    assertThat(initial(1, 10, 10.5)).isEqualTo(new DeciderStatus(-1, 0));
  }

  @Test
  void tellsOfAnotherScaleAndOfAnotherSignOnly() {
    DeciderStatus before = new DeciderStatus(3, 0);
    assertThat(new DeciderStatus(3, 1).mustBeToldAfter(before)).isFalse();
    assertThat(new DeciderStatus(3, -42).mustBeToldAfter(before)).isTrue();
    assertThat(new DeciderStatus(4, 0).mustBeToldAfter(before)).isTrue();
    assertThat(new DeciderStatus(3, -7).mustBeToldAfter(new DeciderStatus(3, -1))).isFalse();
  }

  @Test
  void theActivatorEntersThePathAtOnceAndLeavesItAfterThirtySecondsOfRoom() {
    Steps steps = new Steps(spec(10, 7, 60));
    assertThat(steps.hasRoom(3)).as("what was never short has room").isTrue();
    assertThat(steps.hasRoom(-1)).isFalse();
    for (int second = 2; second < 30; second += 2) {
      assertThat(steps.hasRoom(3)).as("%d s of room", second).isFalse();
      assertThat(steps.told).as("told after %d s of room", second).isEqualTo(second == 2);
    }
    assertThat(steps.hasRoom(3)).isTrue();
    assertThat(steps.told).isTrue();
  }

  @Test
  void aShorterStableWindowIsWaitedForInstead() {
    Steps steps = new Steps(spec(10, 7, 6));
    assertThat(steps.hasRoom(-1)).isFalse();
    assertThat(steps.hasRoom(3)).isFalse();
    assertThat(steps.hasRoom(3)).isFalse();
    assertThat(steps.hasRoom(3)).isTrue();
  }

  @Test
  void aSingleRequestThatComesAndGoesTurnsTheWayOnlyOnce() {
    Steps steps = new Steps(spec(10, 10, 60));
    boolean before = steps.hasRoom(0);
    int turns = 0;
    for (int second = 0; second < 3_600; second += 2) {
      boolean now = steps.hasRoom(second % 90 < 2 ? -1 : 0);
      turns += now == before ? 0 : 1;
      before = now;
    }
    assertThat(turns).isEqualTo(1);
    assertThat(steps.hasRoom(10)).as("another pod has come").isFalse();
    for (int second = 2; second < 28; second += 2) {
      assertThat(steps.hasRoom(10)).isFalse();
    }
    assertThat(steps.hasRoom(10)).isTrue();
    assertThat(steps.hasRoom(9)).as("a single request has come").isTrue();
  }

  @Test
  void whateverTheLoadThePathIsNotTurnedMoreThanTwiceInThirtySeconds() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    Steps steps = new Steps(spec(10, 7, 60));
    Deque<Integer> turns = new ArrayDeque<>();
    boolean before = true;
    for (int second = 0; second < 36_000; second += 2) {
      boolean now = steps.hasRoom(random.nextInt(20) - 1);
      if (now != before) {
        turns.add(second);
      }
      before = now;
      if (turns.size() > 2) {
        assertThat(turns.getLast() - turns.removeFirst())
            .as("seconds for three turns, seed %d", seed)
            .isGreaterThanOrEqualTo(30);
      }
    }
    assertThat(turns).as("turns, seed %d", seed).isNotEmpty();
  }

  @Test
  void whereNoBurstCapacityIsAskedForNothingIsWaitedFor() {
    Steps steps = new Steps(spec(10, 7, 60));
    assertThat(steps.hasRoom(-1)).isFalse();
    steps.spec = spec(10, 0, 60);
    assertThat(steps.hasRoom(0)).isTrue();
  }

  /** Decisions every two seconds. */
  private static final class Steps {
    DeciderSpec spec;
    boolean told;
    private Instant now = Instant.EPOCH;
    private DeciderStatus status;

    Steps(DeciderSpec spec) {
      this.spec = spec;
      this.status = new DeciderStatus(1, 0);
    }

    boolean hasRoom(int excess) {
      now = now.plusSeconds(2);
      DeciderStatus before = status;
      Because.Weighed because =
          new Because.Weighed(
              ScalingMetric.CONCURRENCY,
              1,
              1,
              1,
              10,
              false,
              Because.Rule.STABLE,
              Because.Limit.NONE,
              1);
      status = before.then(new ScaleResult.Scale(1, excess, because), spec, now);
      told = status.mustBeToldAfter(before);
      return status.hasRoom();
    }
  }

  private static DeciderStatus initial(int initialScale, double total, double burst) {
    return DeciderStatus.initial(spec(initialScale, total, burst, 60));
  }

  private static DeciderSpec spec(double total, double burst, int stableSeconds) {
    return spec(1, total, burst, stableSeconds);
  }

  private static DeciderSpec spec(int initialScale, double total, double burst, int stableSeconds) {
    return new DeciderSpec(
        "concurrency",
        total,
        total,
        burst,
        100,
        2,
        1000,
        2,
        Duration.ofSeconds(stableSeconds),
        Duration.ZERO,
        initialScale,
        0,
        true);
  }
}
