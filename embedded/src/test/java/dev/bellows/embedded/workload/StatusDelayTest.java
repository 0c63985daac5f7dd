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
  void aStatusThatOnlyCountsMorePodsWaitsAndIsThenWritten() {
    assertThat(delay.before(KEY, status(0, 0), status(1, 0))).contains(Duration.ofSeconds(1));
    now = now.plusMillis(995);
    assertThat(delay.before(KEY, status(0, 0), status(2, 0))).contains(Duration.ofMillis(5));
    now = now.plusMillis(5);
    assertThat(delay.before(KEY, status(0, 0), status(2, 0))).isEmpty();

    assertThat(delay.before(KEY, status(2, 0), status(3, 0)))
        .as("the next one waits anew")
        .contains(Duration.ofSeconds(1));
  }

  @Test
  void aStatusThatTellsOfFewerPodsOrOfAConditionWaitsForALittleWhile() {
    assertThat(delay.before(KEY, status(1, 0), status(0, 0))).contains(Duration.ofMillis(50));
    delay.over(KEY);
    assertThat(delay.before(KEY, status(0, 0), failed(status(1, 0))))
        .contains(Duration.ofMillis(50));
  }

  @Test
  void aConditionIsToldSoonAlsoWhereOnlyPodsWaitedToBeTold() {
    assertThat(delay.before(KEY, status(0, 0), status(1, 0))).contains(Duration.ofSeconds(1));
    now = now.plusMillis(100);
    assertThat(delay.before(KEY, status(0, 0), failed(status(1, 0))))
        .contains(Duration.ofMillis(50));
  }

  @Test
  void aPodThatBecomesReadyIsToldAtOnce() {
    assertThat(delay.before(KEY, status(0, 0), status(1, 0))).isPresent();
    assertThat(delay.before(KEY, status(0, 0), status(1, 1))).isEmpty();
  }

  @Test
  void whatHasComeRightByItselfDoesNotShortenTheNextWait() {
    assertThat(delay.before(KEY, status(0, 0), status(1, 0))).isPresent();
    delay.over(KEY);
    now = now.plusSeconds(1);
    assertThat(delay.before(KEY, status(0, 0), status(1, 0))).contains(Duration.ofSeconds(1));
  }

  private static ObjectNode failed(ObjectNode status) {
    status.putArray("conditions").addObject().put("type", "ReplicaFailure").put("status", "True");
    return status;
  }

  private static ObjectNode status(int replicas, int ready) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("replicas", replicas)
        .put("readyReplicas", ready);
  }
}
