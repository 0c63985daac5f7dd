package dev.bellows.app.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LiveChartTest {
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(written, true, StandardCharsets.UTF_8);

  @Test
  void printsAPlainLineEveryOtherSecondWithoutATerminal() {
    LiveChart chart = new LiveChart(out, Optional.empty());
    for (int i = 0; i <= 20; i++) {
      chart.show(at(i * 0.2), 10, 0);
    }

    assertThat(text().lines()).hasSize(3).allMatch(line -> !line.contains("\u001b"));
    assertThat(text()).contains("in flight  50").contains("panic");
  }

  @Test
  void redrawsItselfOnATerminal() {
    LiveChart chart = new LiveChart(out, Optional.of(new Terminal(80)));
    chart.show(at(0), 10, 0);
    chart.show(at(0.2), 20, 0);

    assertThat(text()).contains("\u001b[5A").contains("answered 20");
  }

  @ParameterizedTest
  @ValueSource(ints = {20, 40, 60, 80, 200})
  void noLineIsAsWideAsTheTerminal(int columns) {
    LiveChart chart = new LiveChart(out, Optional.of(new Terminal(columns)));
    for (int i = 0; i <= 200; i++) {
      chart.show(at(i * 0.2), 123_456, 789);
    }

    assertThat(text().replaceAll("\u001b\\[[0-9]*[a-zA-Z]", "").lines())
        .hasSize(201 * 5)
        .allMatch(line -> line.length() < columns);
  }

  @Test
  void drawsInAsciiWhereThereIsNothingElse() {
    PrintStream ascii = new PrintStream(written, true, StandardCharsets.US_ASCII);
    new LiveChart(ascii, Optional.of(new Terminal(80))).show(at(0), 10, 0);

    assertThat(text()).contains("@").doesNotContain("?");
  }

  @Test
  void drawsNothingMoreOnceItIsLeft() {
    LiveChart chart = new LiveChart(out, Optional.of(new Terminal(80)));
    chart.leave();
    chart.show(at(0), 10, 0);

    assertThat(text()).isEmpty();
  }

  @Test
  void theWidthIsAWishThenASizeThenTheUsualOne() {
    assertThat(Terminal.of(Map.of("COLUMNS", "70"), "24 132\n").columns()).isEqualTo(70);
    assertThat(Terminal.of(Map.of("COLUMNS", "wide"), "24 132\n").columns()).isEqualTo(132);
    assertThat(Terminal.of(Map.of(), "0 0\n").columns()).isEqualTo(80);
    assertThat(Terminal.of(Map.of(), "").columns()).isEqualTo(80);
  }

  private static Sample at(double seconds) {
    return new Sample(seconds, 50, 3, 8, Sample.Mode.PROXY, true);
  }

  private String text() {
    return written.toString(StandardCharsets.UTF_8);
  }
}
