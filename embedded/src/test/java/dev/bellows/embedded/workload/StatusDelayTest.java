package dev.bellows.embedded.workload;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.controller.Key;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class StatusDelayTest {
  private static final Key KEY = new Key("default", "hello");

  private Instant now = Instant.EPOCH;
  private final StatusDelay delay =
      new StatusDelay(
          new Clock() {
            @Override
            public Instant instant() {
              return now;
            }

            @Override
            public ZoneId getZone() {
              return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
              return this;
            }
          });

  @Test
  void aStatusThatOnlyCountsWaitsAndIsThenWritten() {
    assertThat(wait(status(0, 0), status(1, 0), false)).contains(Duration.ofMillis(50));
    now = now.plusMillis(45);
    assertThat(wait(status(0, 0), status(2, 0), false)).contains(Duration.ofMillis(5));
    now = now.plusMillis(5);
    assertThat(wait(status(0, 0), status(2, 0), false)).isEmpty();

    assertThat(wait(status(2, 0), status(3, 0), false))
        .as("the next one waits anew")
        .contains(Duration.ofMillis(50));
  }

  @Test
  void ofPodsOnTheirWayItWaitsForWhatBecomesOfThem() {
    assertThat(wait(status(0, 0), status(1, 0), true)).contains(Duration.ofSeconds(1));
    now = now.plusMillis(990);
    assertThat(wait(status(0, 0), status(2, 0), true)).contains(Duration.ofMillis(10));
    assertThat(wait(status(0, 0), status(2, 1), true)).isEmpty();
  }

  @Test
  void whatHappensToThemIsToldSoon() {
    assertThat(wait(status(0, 0), status(1, 0), true)).contains(Duration.ofSeconds(1));
    now = now.plusMillis(100);
    assertThat(wait(status(0, 0), status(0, 0), false)).contains(Duration.ofMillis(50));
  }

  @Test
  void aPodThatBecomesReadyIsToldAtOnce() {
    assertThat(wait(status(0, 0), status(1, 0), false)).isPresent();
    assertThat(wait(status(0, 0), status(1, 1), false)).isEmpty();
  }

  @Test
  void whatHasComeRightByItselfDoesNotShortenTheNextWait() {
    assertThat(wait(status(0, 0), status(1, 0), false)).isPresent();
    delay.over(KEY);
    now = now.plusSeconds(1);
    assertThat(wait(status(0, 0), status(1, 0), false)).contains(Duration.ofMillis(50));
  }

  private Optional<Duration> wait(ObjectNode stored, ObjectNode status, boolean onTheWay) {
    return delay.before(KEY, stored, status, onTheWay);
  }

  private static ObjectNode status(int replicas, int ready) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("replicas", replicas)
        .put("readyReplicas", ready);
  }
}
