package dev.bellows.core.condition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConditionsTest {
  private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");
  private static final ConditionSet REVISION =
      ConditionSet.living("ResourcesAvailable", "ContainerHealthy");

  private final Conditions fresh = Conditions.none(REVISION).initialized(NOON);

  @Test
  void startUnknown() {
    assertThat(fresh)
        .hasToString("ContainerHealthy=Unknown, Ready=Unknown, ResourcesAvailable=Unknown");
    assertThat(fresh.list()).allMatch(each -> each.severity().isEmpty());
  }

  @Test
  void aNewConditionOfAnObjectThatIsReadyStartsTrue() {
    Conditions stored =
        Conditions.none(ConditionSet.living("ResourcesAvailable"))
            .initialized(NOON)
            .markTrue("ResourcesAvailable", NOON);

    assertThat(Conditions.of(REVISION, stored.list()).initialized(NOON).isTrue("ContainerHealthy"))
        .isTrue();
  }

  @Test
  void readyIsTrueWhenAllDependentsAre() {
    Conditions half = fresh.markTrue("ResourcesAvailable", NOON);
    assertThat(half.isUnknown("Ready")).isTrue();
    assertThat(half.markTrue("ContainerHealthy", NOON).isTrue("Ready")).isTrue();
  }

  @Test
  void readyCopiesWhatIsFalse() {
    assertThat(fresh.markFalse("ContainerHealthy", "ExitCode1", "it died", NOON).get("Ready"))
        .hasValueSatisfying(
            ready -> assertThat(ready).hasToString("Ready=False (ExitCode1: it died)"));
  }

  @Test
  void whatIsUnknownDoesNotHideWhatIsFalse() {
    Conditions conditions =
        fresh
            .markFalse("ContainerHealthy", "ExitCode1", "it died", NOON)
            .markUnknown("ResourcesAvailable", "Deploying", "", NOON);

    assertThat(conditions.get("Ready").orElseThrow().reason()).isEqualTo("ExitCode1");
  }

  @Test
  void whenOneFailureEndsReadyTellsTheNextAndThenWhatIsUnknown() {
    Conditions both =
        fresh
            .markFalse("ContainerHealthy", "ExitCode1", "", NOON)
            .markFalse("ResourcesAvailable", "Quota", "", NOON);

    Conditions one = both.markTrue("ResourcesAvailable", NOON);
    assertThat(one.get("Ready").orElseThrow().reason()).isEqualTo("ExitCode1");
    Conditions unknown = one.markUnknown("ResourcesAvailable", "Deploying", "", NOON);
    assertThat(unknown.markTrue("ContainerHealthy", NOON).get("Ready").orElseThrow())
        .hasToString("Ready=Unknown (Deploying)");
  }

  @Test
  void aConditionForInformationLeavesReadyAlone() {
    Conditions conditions = fresh.markFalse("Active", "NoTraffic", "nobody asks", NOON);

    assertThat(conditions.isUnknown("Ready")).isTrue();
    assertThat(conditions.get("Active").orElseThrow().severity()).isEqualTo("Info");
  }

  @Test
  void theStampMovesWithTheReasonButNotWhenNothingIsNew() {
    Instant later = NOON.plusSeconds(60);
    Conditions failed = fresh.markFalse("ContainerHealthy", "ExitCode1", "", NOON);

    assertThat(failed.markFalse("ContainerHealthy", "ExitCode1", "", later)).isEqualTo(failed);
    assertThat(
            failed
                .markFalse("ContainerHealthy", "ExitCode2", "", later)
                .get("Ready")
                .orElseThrow()
                .lastTransition())
        .isEqualTo(later);
  }

  @Test
  void whatChangedAndChangedBackKeepsItsStamp() {
    Instant later = NOON.plusSeconds(60);
    Conditions ready =
        fresh.markTrue("ResourcesAvailable", NOON).markTrue("ContainerHealthy", NOON);

    Conditions again =
        ready
            .newGeneration(later)
            .markTrue("ContainerHealthy", later)
            .markFalse("Active", "NoTraffic", "", later);

    assertThat(again.keepingTimesOf(ready).list())
        .extracting(Condition::type, Condition::lastTransition)
        .containsExactly(
            tuple("Active", later),
            tuple("ContainerHealthy", NOON),
            tuple("Ready", NOON),
            tuple("ResourcesAvailable", NOON));
  }

  @Test
  void ofTwoStoredConditionsOfOneTypeTheLaterCounts() {
    Condition old = new Condition("Ready", ConditionStatus.FALSE, "", "Old", "", NOON);
    Condition young = new Condition("Ready", ConditionStatus.TRUE, "", "", "", NOON);

    assertThat(Conditions.of(REVISION, List.of(old, young)).list()).containsExactly(young);
  }
}
