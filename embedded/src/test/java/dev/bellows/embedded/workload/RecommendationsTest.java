package dev.bellows.embedded.workload;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.Json;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RecommendationsTest {
  private static final JsonNode NONE = Json.object();
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final Recommendations past = new Recommendations();

  private int at(int seconds, JsonNode behavior, int current, int wanted) {
    Instant now = START.plusSeconds(seconds);
    int next = past.next(behavior, current, wanted, now);
    if (next != current) {
      past.changed(current, next, now);
    }
    return next;
  }

  private static ObjectNode json(String text) {
    return Json.read(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void moreIsGivenAtOnceButAtMostFourPodsOrTwiceAsManyInFifteenSeconds() {
    assertThat(at(0, NONE, 1, 20)).isEqualTo(5);
    assertThat(at(10, NONE, 5, 20)).isEqualTo(5);
    assertThat(at(16, NONE, 5, 20)).isEqualTo(10);
    assertThat(at(32, NONE, 10, 20)).isEqualTo(20);
  }

  @Test
  void lessIsGivenOnceItHasBeenEnoughForFiveMinutes() {
    assertThat(at(0, NONE, 8, 8)).isEqualTo(8);
    assertThat(at(15, NONE, 8, 2)).isEqualTo(8);
    assertThat(at(290, NONE, 8, 3)).isEqualTo(8);
    assertThat(at(301, NONE, 8, 2)).isEqualTo(3); // what was asked for 11 seconds ago
    assertThat(at(600, NONE, 3, 2)).isEqualTo(2);
  }

  @Test
  void aWindowOfZeroLetsEverythingThrough() {
    ObjectNode behavior =
        json(
            "{'scaleDown': {'stabilizationWindowSeconds': 0, 'policies': [{'type': 'Percent',"
                + " 'value': 100, 'periodSeconds': 15}]}}");
    assertThat(at(0, behavior, 8, 8)).isEqualTo(8);
    assertThat(at(15, behavior, 8, 2)).isEqualTo(2);
  }

  @Test
  void policiesBoundWhatIsTakenAwayInTheirPeriod() {
    ObjectNode behavior =
        json(
            "{'scaleDown': {'stabilizationWindowSeconds': 0, 'policies': [{'type': 'Pods', 'value':"
                + " 1, 'periodSeconds': 60}]}}");
    assertThat(at(0, behavior, 5, 1)).isEqualTo(4);
    assertThat(at(15, behavior, 4, 1)).isEqualTo(4);
    assertThat(at(61, behavior, 4, 1)).isEqualTo(3);
  }

  @Test
  void aDisabledWayIsNotTaken() {
    ObjectNode behavior = json("{'scaleUp': {'selectPolicy': 'Disabled'}}");
    assertThat(at(0, behavior, 2, 9)).isEqualTo(2);
  }
}
