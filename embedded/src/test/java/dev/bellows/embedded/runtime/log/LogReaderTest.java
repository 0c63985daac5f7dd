package dev.bellows.embedded.runtime.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogReaderTest {
  @TempDir Path directory;

  private static void say(LogFile log, String text) throws IOException {
    new LineSplitter(LogLine.Stream.STDOUT, log)
        .copy(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static List<String> texts(LogReader reader) throws IOException {
    List<String> texts = new ArrayList<>();
    for (List<LogLine> lines = reader.read(); !lines.isEmpty(); lines = reader.read()) {
      lines.forEach(line -> texts.add(line.text()));
    }
    return texts;
  }

  @Test
  void readsOnOverRotationsWithoutLossOrRepetition() throws IOException {
    Path path = directory.resolve("0.log");
    List<String> seen = new ArrayList<>();
    List<String> said = new ArrayList<>();
    try (LogFile log = new LogFile(path, Clock.systemUTC(), 150);
        LogReader reader = new LogReader(path)) {
      for (int i = 0; i < 40; i++) {
        say(log, "line " + i + "\n");
        said.add("line " + i);
        seen.addAll(texts(reader));
      }
    }
    assertThat(seen).isEqualTo(said);
  }

  @Test
  void beginsWithTheOldestFileThatIsKept() throws IOException {
    Path path = directory.resolve("0.log");
    try (LogFile log = new LogFile(path, Clock.systemUTC(), 100)) {
      for (int i = 0; i < 6; i++) {
        say(log, "line " + i + "\n");
      }
    }
    try (LogReader reader = new LogReader(path)) {
      assertThat(texts(reader))
          .containsExactly("line 0", "line 1", "line 2", "line 3", "line 4", "line 5");
    }
  }

  @Test
  void keepsCharactersWholeWhereverAReadEnds() throws IOException {
    Path path = directory.resolve("0.log");
    String line = "ä€😀".repeat(5_000);
    try (LogFile log = new LogFile(path, Clock.systemUTC());
        LogReader reader = new LogReader(path)) {
      for (int i = 0; i < 10; i++) {
        say(log, line.substring(0, 4_000) + "\n");
      }
      assertThat(texts(reader)).hasSize(10).allMatch(line.substring(0, 4_000)::equals);
    }
  }

  @Test
  void aLogThatDoesNotExistYetIsEmpty() throws IOException {
    Path path = directory.resolve("0.log");
    try (LogReader reader = new LogReader(path)) {
      assertThat(reader.read()).isEmpty();
      try (LogFile log = new LogFile(path, Clock.systemUTC())) {
        say(log, "here\n");
      }
      assertThat(texts(reader)).containsExactly("here");
    }
  }

  @Test
  void theTailIsLimitedInLinesAndCharacters() throws IOException {
    Path path = directory.resolve("0.log");
    try (LogFile log = new LogFile(path, Clock.systemUTC())) {
      say(log, "one\ntwo\nthree\n");
    }
    assertThat(LogReader.tail(path, 2, 100)).isEqualTo("two\nthree\n");
    assertThat(LogReader.tail(path, 80, 6)).isEqualTo("three\n");
    assertThat(LogReader.tail(directory.resolve("none"), 80, 6)).isEmpty();
  }

  @Test
  void theLastLinesAreFoundFromTheEndOverRotations() throws IOException {
    Path path = directory.resolve("0.log");
    try (LogFile log = new LogFile(path, Clock.systemUTC(), 400)) {
      for (int i = 0; i < 40; i++) {
        say(log, "line " + i + "\n");
      }
      for (int wanted : new int[] {0, 1, 7, 20}) {
        try (LogReader reader = LogReader.ofLast(path, wanted)) {
          assertThat(texts(reader))
              .hasSize(wanted)
              .isEqualTo(IntStream.range(40 - wanted, 40).mapToObj(i -> "line " + i).toList());
        }
      }
      try (LogReader all = LogReader.ofLast(path, Long.MAX_VALUE);
          LogReader kept = new LogReader(path)) {
        assertThat(texts(all)).isEqualTo(texts(kept));
      }
    }
  }

  @Test
  void whoReadsTheLastLinesReadsOn() throws IOException {
    Path path = directory.resolve("0.log");
    try (LogFile log = new LogFile(path, Clock.systemUTC())) {
      say(log, "one\ntwo\n");
      try (LogReader reader = LogReader.ofLast(path, 1)) {
        assertThat(texts(reader)).containsExactly("two");
        say(log, "three\n");
        assertThat(texts(reader)).containsExactly("three");
      }
    }
    try (LogReader none = LogReader.ofLast(directory.resolve("none"), 3)) {
      assertThat(none.read()).isEmpty();
    }
  }
}
