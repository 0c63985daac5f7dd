package dev.bellows.app.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WaitCommandTest {
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
