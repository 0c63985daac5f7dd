package dev.bellows.core.shard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.core.shard.Candidacy.Step;
import dev.bellows.core.shard.Candidacy.Terms;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CandidacyTest {
  private static final Terms TERMS =
      new Terms(Duration.ofSeconds(60), Duration.ofSeconds(40), Duration.ofSeconds(10));
  private static final Instant START = Instant.parse("2026-03-01T10:00:00Z");

  /** The one Lease, as its store holds it. */
  private Optional<Lease> stored = Optional.empty();

  @Test
  void theFirstToComeTakesALeaseThatNobodyHolds() {
    Candidacy a = acting(candidate("a"), at(0));
    assertThat(a.holds(at(0))).isTrue();
    assertThat(stored).contains(new Lease("a", Duration.ofSeconds(60), at(0), at(0), 0));

    Candidacy b = acting(candidate("b"), at(1));
    assertThat(b.holds(at(1))).isFalse();
    assertThat(b.step(at(1))).isEqualTo(new Step.Wait(at(61), "a holds it"));
  }

  @Test
  void aHolderRenewsEveryRetryPeriodAndKeepsItsTimeOfAcquisition() {
    Candidacy a = acting(candidate("a"), at(0));
    assertThat(a.step(at(9))).isInstanceOf(Step.Wait.class);
    a = acting(a, at(10));
    assertThat(stored).contains(new Lease("a", Duration.ofSeconds(60), at(0), at(10), 0));
    assertThat(a.holds(at(49))).isTrue();
  }

  @Test
  void whoCannotRenewStopsBeforeAnotherMayTakeOver() {
    Candidacy a = acting(candidate("a"), at(0));
    Candidacy b = candidate("b").sees(stored, at(0));
    assertThat(a.holds(at(39))).isTrue();
    assertThat(a.holds(at(40))).isFalse();
    assertThat(b.step(at(59))).isInstanceOf(Step.Wait.class);
    assertThat(b.step(at(60)))
        .isEqualTo(
            new Step.Write(
                new Lease("b", Duration.ofSeconds(60), at(60), at(60), 1),
                "a has not renewed it for PT1M"));
  }

  @Test
  void theSilenceOfAHolderIsMeasuredByTheWatchOfWhoWaits() {
    // The holder's clock is an hour late: its renewals look old and are none the less renewals.
    stored = Optional.of(lease("a", at(-3600)));
    Candidacy b = candidate("b").sees(stored, at(0));
    stored = Optional.of(lease("a", at(-3550)));
    b = b.sees(stored, at(50));
    assertThat(b.step(at(109))).isEqualTo(new Step.Wait(at(110), "a holds it"));
    assertThat(b.step(at(110))).isInstanceOf(Step.Write.class);
  }

  @Test
  void whatWasGivenBackIsTakenAtOnce() {
    Candidacy a = acting(candidate("a"), at(0));
    Candidacy b = acting(candidate("b"), at(1));
    stored = a.released(at(5));
    b = acting(b, at(5));
    assertThat(b.holds(at(5))).isTrue();
    assertThat(stored.orElseThrow().transitions()).isEqualTo(1);
    assertThat(candidate("a").sees(stored, at(6)).released(at(6))).isEmpty();
  }

  @Test
  void whoComesBackUnderTheSameNameGoesOnAtOnce() {
    acting(candidate("a"), at(0));
    Candidacy again = acting(candidate("a"), at(3));
    assertThat(again.holds(at(3))).isTrue();
    assertThat(stored.orElseThrow().transitions()).isZero();
  }

  @Test
  void aHolderThatReadsOfAnotherIsNoneAnyMore() {
    Candidacy a = acting(candidate("a"), at(0));
    a = a.sees(Optional.of(lease("b", at(1))), at(1));
    assertThat(a.holds(at(1))).isFalse();
  }

  /**
   * Candidates that act at random moments, of which some are deaf for a while: they neither read
   * nor write. Writes over something unread are refused, as the API server refuses them.
   */
  @Test
  void neverDoTwoHoldItAndOneDoesOnceAllListen() {
    for (long seed = 1; seed <= 200; seed++) {
      Random random = new Random(seed);
      stored = Optional.empty();
      List<Candidacy> all = new ArrayList<>();
      for (String name : List.of("a", "b", "c")) {
        all.add(candidate(name));
      }
      int[] deafUntil = new int[all.size()];
      for (int second = 0; second < 1_000; second++) {
        for (int i = 0; i < all.size(); i++) {
          if (second >= deafUntil[i]) {
            all.set(i, acting(all.get(i), at(second)));
            if (random.nextInt(150) == 0) {
              deafUntil[i] = second + random.nextInt(200);
            }
          }
        }
        Instant now = at(second);
        long holders = all.stream().filter(each -> each.holds(now)).count();
        assertThat(holders).as("seed %d, second %d", seed, second).isLessThanOrEqualTo(1);
      }
      for (int second = 1_000; second <= 1_060; second++) {
        for (int i = 0; i < all.size(); i++) {
          all.set(i, acting(all.get(i), at(second)));
        }
      }
      assertThat(all)
          .as("seed %d, all listen", seed)
          .filteredOn(each -> each.holds(at(1_060)))
          .hasSize(1);
    }
  }

  /** Reads and does what it decides, unless another wrote in between (here: never). */
  private Candidacy acting(Candidacy candidate, Instant now) {
    Candidacy reading = candidate.sees(stored, now);
    return switch (reading.step(now)) {
      case Step.Wait _ -> reading;
      case Step.Write(Lease lease, String because) -> {
        stored = Optional.of(lease);
        yield reading.wrote(lease, now);
      }
    };
  }

  private static Candidacy candidate(String name) {
    return Candidacy.of(name, TERMS, START);
  }

  private static Lease lease(String holder, Instant renewed) {
    return new Lease(holder, Duration.ofSeconds(60), renewed, renewed, 0);
  }

  private static Instant at(int second) {
    return START.plusSeconds(second);
  }
}
