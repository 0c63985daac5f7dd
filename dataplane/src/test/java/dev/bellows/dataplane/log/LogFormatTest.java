package dev.bellows.dataplane.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.event.Level;

class LogFormatTest {
  private static final Instant NOON = Instant.parse("2026-11-21T12:00:00.123456Z");

  @Test
  void writesOneJsonObjectPerLineWithTheKeysOfConfigLogging() {
    LogFormat format =
        LogFormat.parse(
            """
            {"level": "info", "encoderConfig": {"timeKey": "ts", "levelKey": "level",
             "nameKey": "", "callerKey": "at", "messageKey": "msg"}}\
            """,
            "",
            Map.of("knative.dev/pod", "p"));
    assertThat(
            format.line(
                NOON,
                Level.WARN,
                "queueproxy",
                "Sidecar.java:7",
                "a \"b\"\n\\",
                Map.of("knative.dev/key", "default/a"),
                null))
        .isEqualTo(
            """
            {"level":"WARN","ts":"2026-11-21T12:00:00.123Z","at":"Sidecar.java:7","msg":"a \\"b\\"\\n\\\\","knative.dev/pod":"p","knative.dev/key":"default/a"}
            """);
  }

  @Test
  void writesAnExceptionAsAStacktrace() throws IOException {
    JsonNode line =
        new ObjectMapper()
            .readTree(
                LogFormat.DEFAULT.line(
                    NOON,
                    Level.ERROR,
                    "a",
                    "",
                    "it\u0001failed",
                    Map.of(),
                    new IOException("lost")));
    assertThat(line.path("message").asText()).isEqualTo("it\u0001failed");
    assertThat(line.has("caller")).as("who is not known").isFalse();
    assertThat(line.path("stacktrace").asText()).startsWith("java.io.IOException: lost\n\tat ");
  }

  @ParameterizedTest
  @CsvSource({
    "'', '', INFO",
    "'{\"level\":\"error\"}', '', ERROR",
    "'{\"level\":\"error\"}', debug, DEBUG"
  })
  void writesFromTheLevelOnThatIsAskedForMostPrecisely(String zap, String level, Level least) {
    LogFormat format = LogFormat.parse(zap, level, Map.of());
    for (Level each : Level.values()) {
      assertThat(format.writes(each)).as("%s", each).isEqualTo(each.toInt() >= least.toInt());
    }
  }

  @Test
  void writesNothingThatIsNotFatalIfOnlyFatalIsAskedFor() {
    assertThat(LogFormat.parse("", "fatal", Map.of()).writes(Level.ERROR)).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"{, '', not JSON: ", "1, '', not a JSON object: 1", "'', loud, no level: 'loud'"})
  void saysWhatCannotBeRead(String zap, String level, String complaint) {
    assertThatThrownBy(() -> LogFormat.parse(zap, level, Map.of()))
        .hasMessageStartingWith(complaint);
  }
}
