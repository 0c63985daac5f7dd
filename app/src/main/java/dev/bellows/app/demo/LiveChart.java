package dev.bellows.app.demo;

import java.io.PrintStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.function.ToIntFunction;

/**
 * Shows the run while it goes: on a terminal a small chart that redraws itself, elsewhere a plain
 * line every other second.
 */
final class LiveChart {
  private static final int COLUMNS = 60;
  private static final double PLAIN_INTERVAL_SECONDS = 2;
  private static final String BARS = " ▁▂▃▄▅▆▇█";
  private static final String RED = "\u001b[31m";
  private static final String DIM = "\u001b[2m";
  private static final String RESET = "\u001b[0m";

  private final PrintStream out;
  private final boolean terminal;
  private final Deque<Sample> recent = new ArrayDeque<>();
  private int linesDrawn;
  private double lastPlainLine = Double.NEGATIVE_INFINITY;

  /**
   * @param out where to draw
   * @param terminal whether cursor movement and colour are understood there
   */
  LiveChart(PrintStream out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  void show(Sample sample, long answered, long failed) {
    if (!terminal) {
      if (sample.seconds() - lastPlainLine >= PLAIN_INTERVAL_SECONDS) {
        lastPlainLine = sample.seconds();
        out.printf(
            Locale.ROOT,
            "%6.1f s  in flight %3d  pods ready %2d, wanted %2d  path %-17s %s  answered %d, failed"
                + " %d%n",
            sample.seconds(),
            sample.inFlight(),
            sample.readyPods(),
            sample.wantedPods(),
            path(sample),
            sample.panicking() ? "panic " : "stable",
            answered,
            failed);
      }
      return;
    }
    recent.addLast(sample);
    if (recent.size() > COLUMNS) {
      recent.removeFirst();
    }
    List<String> lines = new ArrayList<>();
    lines.add(row("requests in flight", sample.inFlight(), Sample::inFlight));
    lines.add(row("pods ready", sample.readyPods(), Sample::readyPods));
    lines.add(row("pods wanted", sample.wantedPods(), Sample::wantedPods));
    lines.add(
        String.format(
            Locale.ROOT,
            "  %5.1f s   path: %s   mode: %s   answered %d, failed %s%d%s",
            sample.seconds(),
            path(sample),
            sample.panicking() ? RED + "panic" + RESET : "stable",
            answered,
            failed > 0 ? RED : "",
            failed,
            RESET));
    if (linesDrawn > 0) {
      out.print("\u001b[" + linesDrawn + "A");
    }
    for (String line : lines) {
      out.print("\u001b[2K" + line + "\n");
    }
    out.flush();
    linesDrawn = lines.size();
  }

  /** What is printed next starts below the chart. */
  void leave() {
    linesDrawn = 0;
  }

  private String row(String name, int now, ToIntFunction<Sample> value) {
    int most = Math.max(1, recent.stream().mapToInt(value).max().orElse(1));
    StringBuilder row = new StringBuilder();
    row.append(String.format(Locale.ROOT, "  %-18s %3d  ", name, now));
    boolean red = false;
    for (Sample sample : recent) {
      if (sample.panicking() != red) {
        red = sample.panicking();
        row.append(red ? RED : RESET);
      }
      int height = (int) Math.ceil(8.0 * value.applyAsInt(sample) / most);
      row.append(BARS.charAt(Math.clamp(height, 0, 8)));
    }
    return row.append(RESET).append(DIM).append(" max ").append(most).append(RESET).toString();
  }

  private static String path(Sample sample) {
    return switch (sample.mode()) {
      case PROXY -> "through activator";
      case SERVE -> "straight to pods";
    };
  }
}
