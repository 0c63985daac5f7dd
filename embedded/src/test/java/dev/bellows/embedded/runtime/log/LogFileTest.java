package dev.bellows.embedded.runtime.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogFileTest {
  private static final Clock NOON =
      Clock.fixed(Instant.parse("2026-01-01T12:00:00.000000007Z"), ZoneOffset.UTC);

  @TempDir Path directory;

  private Path log() {
    return directory.resolve("pod/container/0.log");
  }

  private static void copy(String text, LogFile log) throws IOException {
    new LineSplitter(LogLine.Stream.STDERR, log)
        .copy(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void writesLinesAsTheContainerRuntimeInterfaceLaysDown() throws IOException {
    try (LogFile log = new LogFile(log(), NOON)) {
      copy("one\n\nlast without an end", log);
    }
    assertThat(log())
        .hasContent(
            """
            2026-01-01T12:00:00.000000007Z stderr F one
            2026-01-01T12:00:00.000000007Z stderr F\s
            2026-01-01T12:00:00.000000007Z stderr F last without an end
            """);
  }

  @Test
  void cutsALineWithoutEndIntoParts() throws IOException {
    String line = "x".repeat(LineSplitter.MAX_LINE_BYTES + 1000);
    try (LogFile log = new LogFile(log(), NOON)) {
      copy("short\n" + line + "\n", log);
    }
    StringBuilder joined = new StringBuilder();
    for (String written : Files.readAllLines(log()).subList(1, 3)) {
      joined.append(LogLine.parse(written).orElseThrow().text());
    }
    assertThat(joined.toString()).isEqualTo(line);
    assertThat(Files.readAllLines(log()).get(1)).contains(" stderr P ");
    assertThat(Files.readAllLines(log()).get(2)).contains(" stderr F ");
  }

  @Test
  void keepsNoMoreThanTheNewestFiles() throws IOException {
    try (LogFile log = new LogFile(log(), NOON, 100)) {
      for (int i = 0; i < 60; i++) {
        copy("line " + i + "\n", log);
      }
    }
    try (var files = Files.list(log().getParent())) {
      assertThat(files).hasSize(LogFile.MAX_FILES);
    }
    assertThat(Files.readString(log())).contains("line 59");
    assertThat(Files.size(LogFile.rotated(log(), 1))).isLessThan(200);
  }

  @Test
  void continuesAfterTheLinesThatAreThere() throws IOException {
    for (String text : new String[] {"first\n", "second\n"}) {
      try (LogFile log = new LogFile(log(), NOON)) {
        copy(text, log);
      }
    }
    assertThat(Files.readAllLines(log())).hasSize(2);
  }

  @Test
  void readsBackWhatItWroteAndNothingElse() {
    String line = LogLine.prefix(NOON.instant(), LogLine.Stream.STDOUT, false) + "a b  c";
    assertThat(LogLine.parse(line))
        .isEqualTo(
            Optional.of(new LogLine(NOON.instant(), LogLine.Stream.STDOUT, false, "a b  c")));
    assertThat(LogLine.parse("2026-01-01T12:00:00.000000007Z stdo")).isEmpty();
    assertThat(LogLine.parse("not a line at all")).isEmpty();
  }
}
