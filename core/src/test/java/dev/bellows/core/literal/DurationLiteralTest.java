package dev.bellows.core.literal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationLiteralTest {
  @ParameterizedTest
  @CsvSource({
    "1h2m3s, PT1H2M3S",
    "300ms, PT0.3S",
    "1.5h, PT1H30M",
    "0, PT0S",
    "-0, PT0S",
    "+5s, PT5S",
    "-1500ms, PT-1.5S",
    "1m1m, PT2M",
    ".5s, PT0.5S",
    "5.s, PT5S",
    "1us, PT0.000001S",
    "1µs, PT0.000001S",
    "1μs, PT0.000001S",
    "1.9ns, PT0.000000001S",
    "9223372036854775807ns, PT2562047H47M16.854775807S",
    "-9223372036854775808ns, PT-2562047H-47M-16.854775808S"
  })
  void reads(String text, Duration duration) {
    assertThat(DurationLiteral.parse(text)).isEqualTo(new Literal.Value<>(duration));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-",
        "60",
        "60S",
        "1m 30s",
        "s",
        ".s",
        "1.2.3s",
        " 5s",
        "1e3s",
        "3m5",
        "9223372036854775808ns",
        "9999999999h"
      })
  void refuses(String text) {
    assertThat(DurationLiteral.parse(text)).isEqualTo(new Literal.Malformed<Duration>(text));
  }

  @ParameterizedTest
  @CsvSource({
    "PT0S, 0s",
    "PT1H, 1h0m0s",
    "PT1M, 1m0s",
    "PT90.001S, 1m30.001s",
    "PT0.3S, 300ms",
    "PT0.0000015S, 1.5µs",
    "PT0.000000001S, 1ns",
    "PT-1M, -1m0s",
    "PT-1.5S, -1.5s",
    "PT1H0.000000001S, 1h0m0.000000001s",
    "PT100H, 100h0m0s",
    "PT10S, 10s"
  })
  void prints(Duration duration, String text) {
    assertThat(DurationLiteral.print(duration)).isEqualTo(text);
  }
}
