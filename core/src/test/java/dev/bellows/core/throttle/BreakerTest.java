package dev.bellows.core.throttle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bellows.core.throttle.Admission.Admitted;
import dev.bellows.core.throttle.Admission.Queued;
import dev.bellows.core.throttle.Admission.Rejected;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BreakerTest {
  @Test
  void theThirdOfThreeConcurrentRequestsIsRefusedAtDepthOneAndLimitOne() {
    Breaker breaker = new Breaker(1, 1, 1);

    assertThat(breaker.admit()).isInstanceOf(Admitted.class);
    assertThat(breaker.admit()).isInstanceOf(Queued.class);
    assertThat(breaker.admit())
        .hasToString(
            "The request is refused because 1 running and 1 waiting requests take all 2 slots.");
  }

  @Test
  void aContainerConcurrencyOfTenTakesAHundredAndTenRequestsAndNoMore() {
    Breaker breaker = new Breaker(100, 10, 10);
    for (int i = 0; i < 110; i++) {
      assertThat(breaker.admit()).isNotInstanceOf(Rejected.class);
    }

    assertThat(breaker.admit()).isInstanceOf(Rejected.class);
    assertThat(breaker.release()).isEqualTo(1);
    assertThat(breaker.admit()).isInstanceOf(Queued.class);
  }

  @Test
  void raisingTheCapacityStartsThoseWhoWaitAndLoweringItInterruptsNobody() {
    Breaker breaker = new Breaker(10, 5, 0);
    breaker.admit();
    breaker.admit();
    breaker.admit();

    assertThat(breaker.resize(2)).isEqualTo(2);
    assertThat(breaker.resize(0)).isZero();
    assertThat(breaker).hasToString("2 running of 0, 1 waiting, 15 slots");
    assertThat(breaker.release()).isZero();
    assertThat(breaker.release()).isZero();
    assertThat(breaker.resize(5)).isEqualTo(1);
  }

  @Test
  void oneWhoGivesUpFreesItsPlaceAtOnce() {
    Breaker breaker = new Breaker(1, 1, 1);
    breaker.admit();
    breaker.admit();

    breaker.cancel();

    assertThat(breaker.admit()).isInstanceOf(Queued.class);
  }

  @Test
  void aPermitThatComesBackTwiceIsABug() {
    Breaker breaker = new Breaker(1, 1, 1);
    breaker.admit();
    breaker.release();

    assertThatThrownBy(breaker::release).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(breaker::cancel).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> breaker.resize(2)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void noPermitIsEverLostOrInvented() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    Breaker breaker = new Breaker(7, 20, 3);
    int running = 0;
    int waiting = 0;
    for (int step = 0; step < 100_000; step++) {
      switch (random.nextInt(5)) {
        case 0, 1 -> {
          switch (breaker.admit()) {
            case Admitted() -> running++;
            case Queued() -> waiting++;
            case Rejected _ -> assertThat(running + waiting).as("seed %d", seed).isEqualTo(27);
          }
        }
        case 2 -> {
          if (running > 0) {
            int started = breaker.release();
            running += started - 1;
            waiting -= started;
          }
        }
        case 3 -> {
          if (waiting > 0) {
            breaker.cancel();
            waiting--;
          }
        }
        default -> {
          int started = breaker.resize(random.nextInt(21));
          running += started;
          waiting -= started;
        }
      }
      assertThat(breaker.running()).as("running, seed %d", seed).isEqualTo(running);
      assertThat(breaker.waiting()).as("waiting, seed %d", seed).isEqualTo(waiting);
      assertThat(waiting == 0 || running >= breaker.capacity())
          .as("nobody waits beside a free slot, seed %d", seed)
          .isTrue();
    }
  }
}
