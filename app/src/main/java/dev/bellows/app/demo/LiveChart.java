package dev.bellows.app.demo;

import java.io.PrintStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToIntFunction;

/**
 * Shows the run while it goes: on a terminal a small chart that redraws itself, elsewhere a plain
 * line every other second. No line is as wide as the terminal: one that wraps takes two rows, and
 * the next drawing would begin a row too low. Safe for use by two threads.
 */
final class LiveChart {
  private static final int MOST_BARS = 60;
  private static final int NAME_COLUMNS = 26;
  private static final int MAXIMUM_COLUMNS = 9; // " max 9999"
  private static final double PLAIN_INTERVAL_SECONDS = 2;
  private static final String BLOCKS = " ▁▂▃▄▅▆▇█";
  private static final String ASCII = " .:-=+*#@";
  private static final String RED = "\u001b[31m";
  private static final String DIM = "\u001b[2m";
  private static final String RESET = "\u001b[0m";

  private final PrintStream out;
  private final Optional<Terminal> terminal;
  private final int bars;
  private final String levels;
  private final Deque<Sample> recent = new ArrayDeque<>();
  private int linesDrawn;
  private double lastPlainLine = Double.NEGATIVE_INFINITY;
  private boolean left;

  /**
   * @param out where to draw; where its character set has no blocks, bars are drawn in ASCII
   * @param terminal what understands cursor movement and colour there; empty = nothing
   */
  LiveChart(PrintStream out, Optional<Terminal> terminal) {
    this.out = out;
    this.terminal = terminal;
    this.levels = out.charset().newEncoder().canEncode(BLOCKS) ? BLOCKS : ASCII;
    this.bars =
        Math.clamp(
            terminal.map(Terminal::columns).orElse(0) - 1L - NAME_COLUMNS - MAXIMUM_COLUMNS,
            1,
            MOST_BARS);
  }

  synchronized void show(Sample sample, long answered, long failed) {
    if (left) {
      return;
    }
    if (terminal.isEmpty()) {
      showPlainly(sample, answered, failed);
      return;
    }
    recent.addLast(sample);
    if (recent.size() > bars) {
      recent.removeFirst();
    }
    List<String> lines = new ArrayList<>();
    lines.add(row("requests in flight", sample.inFlight(), Sample::inFlight));
    lines.add(row("pods ready", sample.readyPods(), Sample::readyPods));
    lines.add(row("pods wanted", sample.wantedPods(), Sample::wantedPods));
    lines.add(
        String.format(
            Locale.ROOT,
            "  %5.1f s   path: %s   mode: %s",
            sample.seconds(),
            path(sample),
            sample.panicking() ? RED + "panic" + RESET : "stable"));
    lines.add(
        String.format(
            Locale.ROOT,
            "            answered %d, failed %s%d%s",
            answered,
            failed > 0 ? RED : "",
            failed,
            RESET));
    if (linesDrawn > 0) {
      out.print("\u001b[" + linesDrawn + "A");
    }
    for (String line : lines) {
      out.print("\u001b[2K" + cut(line, terminal.get().columns() - 1) + "\n");
    }
    out.flush();
    linesDrawn = lines.size();
  }

  /** Nothing more is drawn: what is printed next stands below the chart. */
  synchronized void leave() {
    left = true;
  }

  private void showPlainly(Sample sample, long answered, long failed) {
    if (sample.seconds() - lastPlainLine < PLAIN_INTERVAL_SECONDS) {
      return;
    }
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
      row.append(levels.charAt(Math.clamp(height, 0, 8)));
    }
    return row.append(RESET).append(DIM).append(" max ").append(most).append(RESET).toString();
  }

  /** So many characters of a line; changes of colour take no room. */
  private static String cut(String line, int columns) {
    StringBuilder kept = new StringBuilder();
    int shown = 0;
    for (int i = 0; i < line.length(); i++) {
      if (line.charAt(i) == '\u001b') {
        int end = line.indexOf('m', i);
        kept.append(line, i, end + 1);
        i = end;
      } else if (shown < columns) {
        kept.append(line.charAt(i));
        shown++;
      }
    }
    return kept.toString();
  }

  private static String path(Sample sample) {
    return switch (sample.mode()) {
      case PROXY -> "through activator";
      case SERVE -> "straight to pods";
    };
  }
}
