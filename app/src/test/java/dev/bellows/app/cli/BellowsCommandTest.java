package dev.bellows.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

class BellowsCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  static Stream<Arguments> wrongWords() {
    return Stream.of(
        Arguments.of(List.of("up", "--port", "99999"), "--port 99999 is no port"),
        Arguments.of(List.of("up", "--api-port", "-1"), "--api-port -1 is no port"),
        Arguments.of(List.of("up", "--port", "http"), "Invalid value for option '--port'"),
        Arguments.of(
            List.of("up", "--without", "nothing"),
            "Invalid value for option '--without' (PART): expected one of [control-plane,"
                + " autoscaler, activator, gateway] but was 'nothing'"),
        Arguments.of(List.of("up", "--domain", "bad domain"), "--domain 'bad domain' is no domain"),
        Arguments.of(List.of("up", "--domain", ""), "--domain '' is no domain"),
        Arguments.of(List.of("up", "--data-dir", ""), "--data-dir is empty"),
        Arguments.of(List.of("get", "ksvc", "--data-dir", ""), "--data-dir is empty"),
        Arguments.of(
            List.of("demo", "--plot", "/nonexist/x.svg"),
            "--plot /nonexist/x.svg: no file can be written there"),
        Arguments.of(List.of("demo", "--window", "5"), "--concurrency and --seconds must be"),
        Arguments.of(List.of(), "which command?"));
  }

  @ParameterizedTest
  @MethodSource("wrongWords")
  void wrongWordsAreOneLineAndTwo(List<String> words, String line) {
    assertThat(run(words)).as(err.toString()).isEqualTo(2);
    assertThat(err.toString().lines()).hasSize(1);
    assertThat(err.toString()).startsWith("bellows: " + line);
  }

  /** What is nearest to a slip may be the last thing that was meant. */
  @Test
  void aSlipIsAnsweredWithTheHelpNotWithAGuess() {
    assertThat(run(List.of("delte"))).isEqualTo(2);
    assertThat(err.toString())
        .isEqualToIgnoringNewLines(
            "bellows: Unmatched argument at index 0: 'delte'; see: bellows --help");
  }

  @Test
  void helpIsThereByItsName() {
    assertThat(run(List.of("help"))).isZero();
    assertThat(out.toString()).contains("Usage: bellows").contains("demo").contains("apply");
  }

  @Test
  void whatHasNeverRunIsNoDefect(@TempDir Path directory) {
    assertThat(run(List.of("get", "ksvc", "--data-dir", directory.toString()))).isEqualTo(1);
    assertThat(err.toString())
        .isEqualToIgnoringNewLines(
            "bellows: no Bellows has run in "
                + directory
                + " yet; start one with: ./bellows up --data-dir "
                + directory);
  }

  private int run(List<String> words) {
    CommandLine line = BellowsCommand.commandLine();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    return line.execute(words.toArray(String[]::new));
  }
}
