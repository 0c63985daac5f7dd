package dev.bellows.app.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class LiveChartTest {
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(written, true, StandardCharsets.UTF_8);

  @Test
  void printsAPlainLineEveryOtherSecondWithoutATerminal() {
    LiveChart chart = new LiveChart(out, false);
    for (int i = 0; i <= 20; i++) {
      chart.show(at(i * 0.2), 10, 0);
    }

    assertThat(text().lines()).hasSize(3).allMatch(line -> !line.contains("\u001b"));
    assertThat(text()).contains("in flight  50").contains("panic");
  }

  @Test
  void redrawsItselfOnATerminal() {
    LiveChart chart = new LiveChart(out, true);
    chart.show(at(0), 10, 0);
    chart.show(at(0.2), 20, 0);

    assertThat(text()).contains("\u001b[4A").contains("answered 20");
  }

  private static Sample at(double seconds) {
    return new Sample(seconds, 50, 3, 8, Sample.Mode.PROXY, true);
  }

  private String text() {
    return written.toString(StandardCharsets.UTF_8);
  }
}
