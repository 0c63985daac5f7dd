package dev.bellows.core.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.bellows.core.condition.ConditionStatus;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RolloutTest {
  private static final long START = Duration.ofDays(20_000).toNanos();
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  @Test
  void aNewRevisionTakesOverInStepsAsLongAsTheIngressNeeds() {
    Rollout running = old(100).towards(asked("new", 100), START);
    assertThat(shares(running)).isEqualTo("old 99, new 1");

    running = running.observedReadyAt(START + 5 * SECOND / 2, 60);
    StepParams pace = running.configurations().getFirst().stepParams();
    assertThat(pace.stepSize()).isEqualTo(5);
    assertThat(pace.stepDurationNanos()).isEqualTo(3 * SECOND);

    long now = running.nextStepTimeNanos().orElseThrow();
    assertThat(shares(running.towards(asked("new", 100), now - SECOND))).isEqualTo("old 99, new 1");
    assertThat(shares(running.towards(asked("new", 100), now))).isEqualTo("old 94, new 6");
  }

  @Test
  void aRolloutEndsWithTheNewRevisionAlone() {
    Rollout running =
        old(100).towards(asked("new", 100), START).observedReadyAt(START + SECOND, 10);
    int steps = 0;
    for (OptionalLong due = running.nextStepTimeNanos();
        due.isPresent();
        due = running.nextStepTimeNanos()) {
      running = running.towards(asked("new", 100), due.getAsLong());
      steps++;
    }
    assertThat(shares(running)).isEqualTo("new 100");
    assertThat(steps).isEqualTo(9);
    assertThat(running.isInProgress()).isFalse();
  }

  // The original indexes past its list here, and crashes again at each start.
  @Test
  void loweringTheShareByAllThatTheOldestHasLeavesTheNewest() {
    Rollout running =
        new Rollout(
            List.of(
                new ConfigurationRollout(
                    "c",
                    "",
                    100,
                    List.of(new RevisionShare("old", 40), new RevisionShare("new", 60)),
                    new StepParams(START, START + SECOND, SECOND, 5))));
    Rollout lowered = running.towards(asked("new", 50), START);
    assertThat(shares(lowered)).isEqualTo("new 50");
    assertThat(lowered.nextStepTimeNanos()).isEmpty();
    assertThat(shares(running.towards(asked("new", 70), START))).isEqualTo("old 10, new 60");
  }

  @Test
  void whatARevisionHadThatIsGoneFallsToTheNewest() {
    Rollout running =
        old(100).towards(asked("middle", 100), START).towards(asked("new", 100), START);
    assertThat(shares(running)).isEqualTo("old 99, new 1");
    assertThat(shares(running.keeping(name -> !name.equals("old")))).isEqualTo("new 100");
    assertThat(running.keeping(name -> !name.equals("old")).isInProgress()).isFalse();
    assertThat(shares(running.keeping(name -> !name.equals("new")))).isEqualTo("old 100");
    assertThat(running.keeping(name -> false).configurations()).isEmpty();
    assertThat(running.keeping(name -> true)).isEqualTo(running);
  }

  @Test
  void whileItLastsGroupsAndEntriesTellWhatEachRevisionGets() {
    Rollout both =
        new Rollout(
            List.of(
                ConfigurationRollout.settled("c", "", 60, "old"),
                ConfigurationRollout.settled("c", "next", 100, "old")));
    Traffic.Assigned asked =
        traffic(
            new TrafficTarget("", "", "c", 50),
            new TrafficTarget("next", "", "c", 10),
            new TrafficTarget("", "old", "", 40));
    Traffic.Assigned divided = asked.during(both.towards(asked.rollout(), START));
    assertThat(divided.groups().get(""))
        .extracting(RevisionTarget::revisionName, RevisionTarget::percent)
        .containsExactly(tuple("old", 99), tuple("new", 1));
    assertThat(divided.groups().get("next"))
        .extracting(RevisionTarget::revisionName, RevisionTarget::percent)
        .containsExactly(tuple("old", 99), tuple("new", 1));
    assertThat(divided.entries())
        .extracting(
            RevisionTarget::tag,
            RevisionTarget::revisionName,
            RevisionTarget::percent,
            RevisionTarget::latestRevision)
        .containsExactly(
            tuple("", "old", 50, true),
            tuple("next", "old", 9, true),
            tuple("next", "new", 1, true),
            tuple("", "old", 40, false));
    assertThat(asked.during(asked.rollout())).isSameAs(asked);
  }

  @Test
  void onePercentAndNewConfigurationsDoNotRollOut() {
    assertThat(shares(old(1).towards(asked("new", 1), START))).isEqualTo("new 1");
    assertThat(shares(new Rollout(List.of()).towards(asked("new", 100), START)))
        .isEqualTo("new 100");
  }

  @Test
  void whateverIsAskedForTheSharesSumUp() {
    long seed = 20_260_901;
    System.out.println("RolloutTest seed " + seed);
    Random random = new Random(seed);
    for (int series = 0; series < 300; series++) {
      Rollout running = old(random.nextInt(1, 101));
      long now = START;
      for (int i = 0; i < 40; i++) {
        now += random.nextLong(5 * SECOND);
        if (random.nextInt(3) == 0) {
          running = running.observedReadyAt(now, random.nextInt(1, 30));
        }
        Rollout wanted = asked("r" + random.nextInt(4), random.nextInt(1, 101));
        running = running.towards(wanted, now);
        assertThat(running.isSound()).as("%s towards %s", running, wanted).isTrue();
        assertThat(running.configurations().getFirst().revisions())
            .as("%s", running)
            .allMatch(share -> share.percent() > 0);
      }
    }
  }

  private static Traffic.Assigned traffic(TrafficTarget... targets) {
    return (Traffic.Assigned)
        Traffic.resolve(
            "",
            List.of(targets),
            _ -> Optional.of(new Traffic.ConfigurationState("new", ConditionStatus.TRUE)),
            _ -> Optional.of(new Traffic.RevisionState("c", "", ConditionStatus.TRUE)));
  }

  private static Rollout old(int percent) {
    return asked("old", percent);
  }

  private static Rollout asked(String revision, int percent) {
    return new Rollout(List.of(ConfigurationRollout.settled("c", "", percent, revision)));
  }

  private static String shares(Rollout rollout) {
    return String.join(
        ", ",
        rollout.configurations().getFirst().revisions().stream()
            .map(share -> share.revisionName() + " " + share.percent())
            .toList());
  }
}
