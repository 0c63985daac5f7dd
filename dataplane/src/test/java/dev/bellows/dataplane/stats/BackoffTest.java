package dev.bellows.dataplane.stats;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class BackoffTest {
  private static final RandomGenerator NEVER = () -> 0L;

  @Test
  void growsByThreeTenthsAndStartsAgainAfterTwentyAttempts() {
    Backoff backoff = new Backoff(NEVER);

    assertThat(backoff.next()).isEqualTo(Duration.ofMillis(100));
    assertThat(backoff.next()).isEqualTo(Duration.ofMillis(130));
    assertThat(backoff.next()).isEqualTo(Duration.ofMillis(169));
    for (int i = 3; i < 20; i++) {
      backoff.next();
    }
    assertThat(backoff.next()).isEqualTo(Duration.ofMillis(100));
  }

  @Test
  void startsAgainAfterASuccess() {
    Backoff backoff = new Backoff(NEVER);
    backoff.next();
    backoff.reset();

    assertThat(backoff.next()).isEqualTo(Duration.ofMillis(100));
  }

  @Test
  void chanceAddsAtMostHalf() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int i = 0; i < 1000; i++) {
      assertThat(new Backoff(random).next())
          .as("seed %d", seed)
          .isBetween(Duration.ofMillis(100), Duration.ofMillis(150));
    }
  }
}
