package dev.bellows.app.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WaitCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @ParameterizedTest
  @CsvSource({
    "Ready, Ready, True",
    "condition=Ready, Ready, True",
    "condition=Ready=False, Ready, False",
    "condition=ready=unknown, ready, unknown",
    "condition=networking.internal.knative.dev/Served, networking.internal.knative.dev/Served,"
        + " True",
  })
  void conditionsAreSpelledAsForKubectl(String text, String type, String status) {
    assertThat(WaitCommand.goal(text)).isEqualTo(new WaitCommand.Goal.Condition(type, status));
  }

  @Test
  void anObjectMayBeWaitedForUntilItIsGone() throws IOException {
    WaitCommand.Goal gone = WaitCommand.goal("delete");
    JsonNode object = JSON.readTree("{}");
    assertThat(gone.isMetBy(Optional.of(object))).isFalse();
    assertThat(gone.stillMissing(Optional.of(object))).isEqualTo("is still there");
    assertThat(gone.isMetBy(Optional.empty())).isTrue();
  }

  @Test
  void aConditionThatIsNotMetTellsItsMessage() throws IOException {
    WaitCommand.Goal ready = WaitCommand.goal("condition=ready");
    Optional<JsonNode> object =
        Optional.of(
            JSON.readTree(
                """
                {"status": {"conditions": [
                  {"type": "Ready", "status": "False", "message": "no such image"}]}}
                """));
    assertThat(ready.isMetBy(object)).isFalse();
    assertThat(ready.stillMissing(object))
        .isEqualTo("condition ready is still False (no such image)");
    assertThat(WaitCommand.goal("Ready=False").isMetBy(object)).isTrue();
    assertThat(WaitCommand.goal("Other").stillMissing(object))
        .isEqualTo("condition Other is still absent");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "condition=", "jsonpath={.status.url}", "condition=Ready=", "two words"})
  void whatCannotBeWaitedForIsNamed(String text) {
    assertThatThrownBy(() -> WaitCommand.goal(text))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith("--for=" + text + " is nothing to wait for");
  }

  @ParameterizedTest
  @CsvSource({
    "60s, PT60S",
    "1m30s, PT90S",
    "1.5h, PT90M",
    "250ms, PT0.25S",
    "0, PT0S",
    "0s, PT0S",
    "90, PT90S",
  })
  void durationsAreThoseOfKubectlAndSeconds(String text, Duration duration) {
    assertThat(WaitCommand.duration(text)).isEqualTo(duration);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "s", "soon", "1 m", "-5s", "5d", "99999999999999h", "1e3s"})
  void whatIsNoDurationIsNamed(String text) {
    assertThatThrownBy(() -> WaitCommand.duration(text))
        .isInstanceOf(UserError.class)
        .hasMessage("--timeout=" + text + " is no duration; such are 90s, 2m, 1m30s, 500ms");
  }
}
