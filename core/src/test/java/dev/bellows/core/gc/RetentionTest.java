package dev.bellows.core.gc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RetentionTest {
  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final Optional<Duration> HOUR = Optional.of(Duration.ofHours(1));
  private static final Optional<Duration> FOREVER = Optional.empty();
  private static final Optional<Long> ANY_NUMBER = Optional.empty();

  @Test
  void aRevisionGoesOnlyWhenItIsPastBothWindows() {
    Retention retention = new Retention(HOUR, HOUR, 0, ANY_NUMBER);
    assertThat(discards(retention, revision("old", 61, 61))).containsExactly("old");
    assertThat(discards(retention, revision("exactly", 60, 60))).containsExactly("exactly");
    assertThat(discards(retention, revision("recentlyActive", 61, 59))).isEmpty();
    assertThat(discards(retention, revision("young", 59, 59))).isEmpty();
  }

  @Test
  void aDisabledWindowDoesNotKeepAndBothDisabledKeepAll() {
    assertThat(discards(new Retention(FOREVER, HOUR, 0, ANY_NUMBER), revision("young", 1, 61)))
        .containsExactly("young");
    assertThat(discards(new Retention(HOUR, FOREVER, 0, ANY_NUMBER), revision("justLeft", 61, 1)))
        .containsExactly("justLeft");
    assertThat(
            discards(
                new Retention(FOREVER, FOREVER, 0, ANY_NUMBER), revision("ancient", 9999, 9999)))
        .isEmpty();
  }

  @Test
  void theMinimumStaysEvenIfStaleAndTheLongestIdleGoFirst() {
    Retention retention = new Retention(HOUR, HOUR, 2, ANY_NUMBER);
    assertThat(
            discards(
                retention,
                revision("c", 70, 70),
                revision("a", 90, 90),
                revision("b", 80, 80),
                revision("young", 5, 5)))
        .containsExactly("a", "b");
  }

  @Test
  void whatIsMoreThanTheMaximumGoesHoweverYoung() {
    Retention retention = new Retention(HOUR, HOUR, 1, Optional.of(2L));
    Collection collection =
        retention.collect(
            List.of(revision("c", 3, 3), revision("a", 5, 5), revision("b", 4, 4)), NOON);
    assertThat(collection.discards())
        .extracting(Discard::toString)
        .containsExactly(
            "Revision \"a\", last active at 2026-03-01T11:55:00Z, is the longest idle of more than"
                + " 2.");
  }

  @Test
  void withoutTimeLimitsOnlyTheMaximumCounts() {
    Retention retention = new Retention(FOREVER, FOREVER, 0, Optional.of(0L));
    assertThat(discards(retention, revision("any", 1, 1))).containsExactly("any");
  }

  @Test
  void itSaysWhenTheNextOneHasBeenKeptLongEnough() {
    Retention retention = new Retention(HOUR, HOUR, 1, ANY_NUMBER);
    assertThat(
            retention
                .collect(List.of(revision("a", 50, 40), revision("b", 20, 10)), NOON)
                .nextLook())
        .contains(NOON.plus(Duration.ofMinutes(20)));
    assertThat(retention.collect(List.of(revision("a", 50, 40)), NOON).nextLook()).isEmpty();
  }

  @Test
  void neverAreFewerLeftThanTheMinimumUnlessThereWereFewer() {
    for (int min = 0; min <= 5; min++) {
      for (int count = 0; count <= 8; count++) {
        var revisions =
            IntStream.range(0, count).mapToObj(i -> revision("r" + i, 100 + i, 100 + i)).toList();
        for (long max = min; max <= 6; max++) {
          int gone =
              new Retention(HOUR, HOUR, min, Optional.of(max))
                  .collect(revisions, NOON)
                  .discards()
                  .size();
          assertThat(count - gone).isEqualTo(Math.min(count, min));
        }
      }
    }
  }

  private static List<String> discards(Retention retention, NonActiveRevision... revisions) {
    return retention.collect(List.of(revisions), NOON).discards().stream()
        .map(Discard::revisionName)
        .toList();
  }

  private static NonActiveRevision revision(String name, long ageMinutes, long idleMinutes) {
    return new NonActiveRevision(
        name,
        NOON.minus(Duration.ofMinutes(ageMinutes)),
        NOON.minus(Duration.ofMinutes(idleMinutes)));
  }
}
