package dev.bellows.controlplane.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.controlplane.reconcile.PendingKeys.Lane;
import dev.bellows.controlplane.reconcile.PendingKeys.Taken;
import dev.bellows.controlplane.watch.Key;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Who gets the next pass, told in milliseconds. */
class PendingKeysTest {
  private static final Key A = new Key("default", "a");
  private static final Key B = new Key("default", "b");
  private final PendingKeys pending = new PendingKeys();

  @Test
  void aKeyAddedTwiceGetsOnePass() {
    pending.add(A, Lane.FAST);
    pending.add(A, Lane.FAST);
    assertThat(takenAt(0)).contains(A);
    assertThat(takenAt(0)).isEmpty();
  }

  @Test
  void aKeyAddedWhileBeingWorkedOnWaitsForThatPassToEnd() {
    pending.add(A, Lane.FAST);
    assertThat(takenAt(0)).contains(A);
    pending.add(A, Lane.FAST);
    assertThat(takenAt(0)).isEmpty();
    pending.done(A);
    assertThat(takenAt(0)).contains(A);
  }

  @Test
  void whatChangedGoesBeforeWhatIsOnlyLookedAtAgain() {
    pending.add(A, Lane.SLOW);
    pending.add(B, Lane.FAST);
    assertThat(takenAt(0)).contains(B);
    assertThat(takenAt(0)).contains(A);
  }

  @Test
  void aKeyThatWaitsSlowlyIsServedFastOnceItChanges() {
    pending.add(B, Lane.SLOW);
    pending.add(A, Lane.SLOW);
    pending.add(A, Lane.FAST);
    assertThat(takenAt(0)).contains(A);
    assertThat(takenAt(0)).contains(B);
    assertThat(takenAt(0)).isEmpty();
  }

  @Test
  void aBusyFastLaneDoesNotStarveTheSlowOne() {
    pending.add(A, Lane.SLOW);
    for (int i = 0; i < PendingKeys.SLOW_TURN; i++) {
      pending.add(new Key("default", "busy-" + i), Lane.FAST);
    }
    List<Key> order = new ArrayList<>();
    for (int i = 0; i < PendingKeys.SLOW_TURN; i++) {
      order.add(takenAt(0).orElseThrow());
    }
    assertThat(order).contains(A);
  }

  @Test
  void whatComesWithinAMomentGetsOnePassAtItsEnd() {
    pending.addSoon(A, millis(20), false);
    pending.addSoon(B, millis(25), false);
    pending.addSoon(A, millis(35), false);
    assertThat(pending.nextDueNanos()).hasValue(millis(20));
    assertThat(takenAt(19)).isEmpty();
    assertThat(takenAt(20)).contains(A);
    assertThat(takenAt(20)).isEmpty();
    pending.done(A);
    assertThat(takenAt(50)).contains(B);
    assertThat(takenAt(50)).isEmpty();
  }

  @Test
  void aPassThatBeginsEarlierServesWhatWaitsForItsMoment() {
    pending.addSoon(A, millis(20), false);
    pending.addAt(A, millis(500));
    pending.add(A, Lane.FAST);
    assertThat(takenAt(1)).contains(A);
    pending.done(A);
    assertThat(takenAt(30)).isEmpty();
    assertThat(takenAt(500)).as("a wish for a time of its own stays").contains(A);
  }

  @Test
  void whatHappensDuringAPassGetsItsMomentAfterIt() {
    pending.add(A, Lane.FAST);
    assertThat(takenAt(0)).contains(A);
    pending.addSoon(A, millis(20), false);
    assertThat(takenAt(20)).isEmpty();
    pending.done(A);
    assertThat(takenAt(20)).contains(A);
  }

  @Test
  void whoWaitsSlowlyIsServedFastAfterAMoment() {
    pending.add(B, Lane.SLOW);
    pending.add(A, Lane.SLOW);
    pending.addSoon(A, millis(20), false);
    assertThat(takenAt(20)).contains(A);
  }

  @Test
  void aPassIsForAnEchoOnlyIfNothingElseHappened() {
    pending.addSoon(A, millis(20), true);
    assertThat(pending.take(millis(20))).contains(new Taken(A, true));
    pending.done(A);
    pending.addSoon(A, millis(40), true);
    pending.addSoon(A, millis(41), false);
    assertThat(pending.take(millis(40))).contains(new Taken(A, false));
    pending.done(A);
    pending.addSoon(A, millis(60), true);
    pending.add(A, Lane.SLOW);
    assertThat(pending.take(millis(60))).contains(new Taken(A, false));
    pending.done(A);
    pending.addSoon(A, millis(80), true);
    pending.addAt(A, millis(70));
    assertThat(pending.take(millis(80))).contains(new Taken(A, false));
  }

  @Test
  void ofSeveralDelaysTheEarliestCounts() {
    pending.addAt(A, millis(30));
    pending.addAt(A, millis(10));
    pending.addAt(A, millis(20));
    assertThat(pending.nextDueNanos()).hasValue(millis(10));
    assertThat(takenAt(9)).isEmpty();
    assertThat(takenAt(10)).contains(A);
    pending.done(A);
    assertThat(takenAt(60)).isEmpty();
  }

  @Test
  void delaysSurviveTheClocksOverflow() {
    long now = Long.MAX_VALUE - 5;
    pending.addAt(A, now + 10);
    assertThat(pending.take(now)).isEmpty();
    assertThat(pending.take(now + 10).map(Taken::key)).contains(A);
  }

  @Test
  void aPassThatCanBeTakenBackIsNotTakenBackByAnother() {
    pending.addLater(A, millis(20));
    pending.addLater(A, millis(30));
    pending.addLater(B, millis(40));
    assertThat(pending.nextDueNanos()).hasValue(millis(20));
    pending.add(A, Lane.FAST);
    assertThat(takenAt(1)).contains(A);
    pending.done(A);
    assertThat(takenAt(20)).as("the earliest wish").contains(A);
    pending.done(A);
    assertThat(takenAt(39)).isEmpty();
    pending.noLater(B);
    assertThat(pending.nextDueNanos()).isEmpty();
    assertThat(takenAt(40)).isEmpty();
  }

  @Test
  void failuresWaitTwiceAsLongEachTimeUpToALimit() {
    assertThat(PendingKeys.retryDelay(0)).isEqualTo(Duration.ofMillis(5));
    assertThat(PendingKeys.retryDelay(3)).isEqualTo(Duration.ofMillis(40));
    assertThat(PendingKeys.retryDelay(17)).isEqualTo(Duration.ofMillis(655_360));
    assertThat(PendingKeys.retryDelay(18)).isEqualTo(Duration.ofSeconds(1000));
    assertThat(PendingKeys.retryDelay(1_000_000)).isEqualTo(Duration.ofSeconds(1000));
  }

  @Test
  void aPassThatGoesWellForgetsTheFailures() {
    pending.addAfterFailure(A, 0);
    pending.addAfterFailure(A, 0);
    pending.forgetFailures(A);
    pending.addAfterFailure(B, 0);
    assertThat(pending.nextDueNanos()).hasValue(millis(5));
  }

  @Test
  void noKeyIsEverWorkedOnTwiceAtOnceAndNoneIsLost() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    long now = 0;
    for (int episode = 0; episode < 2_000; episode++) {
      now = liveThrough(random, now, "seed " + seed + ", episode " + episode);
    }
  }

  private long liveThrough(Random random, long begin, String which) {
    Set<Key> working = new HashSet<>();
    Set<Key> owed = new HashSet<>();
    long now = begin;
    for (int i = 0; i < 20; i++) {
      now += random.nextInt(3);
      Key key = new Key("", "k" + random.nextInt(3));
      switch (random.nextInt(7)) {
        case 0 -> {
          pending.add(key, random.nextBoolean() ? Lane.FAST : Lane.SLOW);
          owed.add(key);
        }
        case 1 -> {
          pending.addAt(key, now + random.nextInt(10));
          owed.add(key);
        }
        case 2 -> {
          boolean echo = random.nextBoolean();
          pending.addSoon(key, now + 5, echo);
          if (!echo) {
            owed.add(key);
          }
        }
        case 3 -> {
          pending.addLater(key, now + 8);
          owed.add(key);
        }
        case 4, 5 -> {
          Optional<Taken> taken = pending.take(now);
          if (taken.isPresent()) {
            assertThat(working.add(taken.get().key())).as(which).isTrue();
            served(taken.get(), owed);
          }
        }
        default -> {
          if (working.remove(key)) {
            pending.done(key);
          }
        }
      }
    }
    working.forEach(pending::done);
    now += 1000;
    for (Optional<Taken> taken = pending.take(now); taken.isPresent(); taken = pending.take(now)) {
      served(taken.get(), owed);
      pending.done(taken.get().key());
    }
    assertThat(owed).as(which).isEmpty();
    return now;
  }

  /** After an echo nobody needs to look. */
  private static void served(Taken taken, Set<Key> owed) {
    if (!taken.echo()) {
      owed.remove(taken.key());
    }
  }

  private Optional<Key> takenAt(long nowMillis) {
    return pending.take(millis(nowMillis)).map(Taken::key);
  }

  private static long millis(long millis) {
    return Duration.ofMillis(millis).toNanos();
  }
}
