package dev.bellows.app.demo;

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * Draws a run as SVG: requests in flight above, pods below, on one time axis; panic mode shaded,
 * the path of requests (through the activator or straight to the pods) as a band between them.
 */
final class Plot {
  private static final int WIDTH = 960;
  private static final int LEFT = 64;
  private static final int RIGHT = 24;
  private static final int REQUESTS_TOP = 76;
  private static final int REQUESTS_BOTTOM = 226;
  private static final int BAND_TOP = 244;
  private static final int BAND_BOTTOM = 258;
  private static final int PODS_TOP = 276;
  private static final int PODS_BOTTOM = 436;
  private static final int HEIGHT = 490;

  private final List<Sample> samples;
  private final String title;
  private final String subtitle;
  private final double start;
  private final double end;

  Plot(List<Sample> samples, String title, String subtitle) {
    if (samples.isEmpty()) {
      throw new IllegalArgumentException("nothing was sampled, so there is nothing to draw");
    }
    this.samples = List.copyOf(samples);
    this.title = title;
    this.subtitle = subtitle;
    this.start = samples.getFirst().seconds();
    this.end = Math.max(samples.getLast().seconds(), start + 1);
  }

  /** The whole picture, a document of its own; legible on light and dark pages. */
  String svg() {
    StringBuilder out = new StringBuilder(32_768);
    out.append(
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="13">
        <rect width="%d" height="%d" rx="10" fill="#ffffff" stroke="#d0d7de"/>
        <text x="%d" y="34" font-size="19" font-weight="600" fill="#1f2328">%s</text>
        <text x="%d" y="56" fill="#59636e">%s</text>
        """
            .formatted(WIDTH, HEIGHT, WIDTH, HEIGHT, LEFT, escape(title), LEFT, escape(subtitle)));
    shadePanic(out);
    int mostRequests = niceCeiling(highest(Sample::inFlight));
    int mostPods = niceCeiling(Math.max(highest(Sample::readyPods), highest(Sample::wantedPods)));
    grid(out, REQUESTS_TOP, REQUESTS_BOTTOM, mostRequests);
    grid(out, PODS_TOP, PODS_BOTTOM, mostPods);
    String requests = steps(Sample::inFlight, mostRequests, REQUESTS_TOP, REQUESTS_BOTTOM);
    area(out, requests, REQUESTS_BOTTOM, "#0969da", 0.14);
    line(out, requests, "#0969da", "2", "");
    path(out);
    String ready = steps(Sample::readyPods, mostPods, PODS_TOP, PODS_BOTTOM);
    area(out, ready, PODS_BOTTOM, "#1a7f37", 0.16);
    line(out, ready, "#1a7f37", "2.5", "");
    line(out, steps(Sample::wantedPods, mostPods, PODS_TOP, PODS_BOTTOM), "#bc4c00", "1.6", "5 3");
    axis(out);
    legend(out);
    return out.append("</svg>\n").toString();
  }

  private void shadePanic(StringBuilder out) {
    for (int i = 0; i < samples.size(); i++) {
      if (!samples.get(i).panicking()) {
        continue;
      }
      int first = i;
      while (i + 1 < samples.size() && samples.get(i + 1).panicking()) {
        i++;
      }
      double from = x(samples.get(first).seconds());
      double to = x(i + 1 < samples.size() ? samples.get(i + 1).seconds() : end);
      rect(out, from, REQUESTS_TOP, to, PODS_BOTTOM, "#fa4549", 0.09);
    }
  }

  private void path(StringBuilder out) {
    for (int i = 0; i < samples.size(); i++) {
      int first = i;
      Sample.Mode mode = samples.get(i).mode();
      while (i + 1 < samples.size() && samples.get(i + 1).mode() == mode) {
        i++;
      }
      double from = x(samples.get(first).seconds());
      double to = x(i + 1 < samples.size() ? samples.get(i + 1).seconds() : end);
      String colour =
          switch (mode) {
            case PROXY -> "#8250df";
            case SERVE -> "#1a7f37";
          };
      rect(out, from, BAND_TOP, to, BAND_BOTTOM, colour, 0.55);
    }
  }

  private static void grid(StringBuilder out, int top, int bottom, int most) {
    for (int part = 0; part <= 2; part++) {
      double y = bottom - (bottom - top) * part / 2.0;
      append(
          out,
          "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#d0d7de\""
              + " stroke-width=\"%s\"/>%n",
          LEFT,
          WIDTH - RIGHT,
          y,
          y,
          part == 0 ? "1.2" : "0.6");
      String label =
          most % 2 == 0 || part != 1 ? String.valueOf(most * part / 2) : String.valueOf(most / 2.0);
      append(
          out,
          "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\" fill=\"#59636e\">%s</text>%n",
          LEFT - 8,
          y + 4,
          label);
    }
  }

  private void axis(StringBuilder out) {
    double span = end - start;
    int step = span > 150 ? 30 : span > 60 ? 10 : 5;
    for (int t = (int) Math.ceil(start / step) * step; t <= end; t += step) {
      append(
          out,
          "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" fill=\"#59636e\">%d s</text>%n",
          x(t),
          PODS_BOTTOM + 18,
          t);
    }
  }

  private static void legend(StringBuilder out) {
    int y = HEIGHT - 16;
    swatch(out, LEFT, y, "#0969da", "requests in flight");
    swatch(out, LEFT + 150, y, "#1a7f37", "pods ready");
    swatch(out, LEFT + 250, y, "#bc4c00", "pods wanted");
    swatch(out, LEFT + 360, y, "#fbb6b8", "panic mode");
    swatch(out, LEFT + 465, y, "#b79aec", "path: through the activator");
    swatch(out, LEFT + 675, y, "#7ab98a", "path: straight to the pods");
  }

  private static void swatch(StringBuilder out, int x, int y, String colour, String text) {
    append(
        out,
        "<rect x=\"%d\" y=\"%d\" width=\"12\" height=\"12\" rx=\"2\" fill=\"%s\"/>"
            + "<text x=\"%d\" y=\"%d\" fill=\"#1f2328\">%s</text>%n",
        x,
        y - 10,
        colour,
        x + 18,
        y,
        text);
  }

  /** A step line: a value holds until the next sample. */
  private String steps(ToDoubleFunction<Sample> value, int most, int top, int bottom) {
    StringBuilder path = new StringBuilder();
    double last = Double.NaN;
    for (Sample sample : samples) {
      double y = bottom - (bottom - top) * value.applyAsDouble(sample) / most;
      if (path.isEmpty()) {
        append(path, "M%.1f %.1f", x(sample.seconds()), y);
      } else if (y != last) {
        append(path, "H%.1fV%.1f", x(sample.seconds()), y);
      }
      last = y;
    }
    append(path, "H%.1f", x(end));
    return path.toString();
  }

  private void area(StringBuilder out, String steps, int bottom, String colour, double opacity) {
    append(
        out,
        "<path d=\"%sV%dH%.1fZ\" fill=\"%s\" fill-opacity=\"%.2f\"/>%n",
        steps,
        bottom,
        x(start),
        colour,
        opacity);
  }

  private static void line(
      StringBuilder out, String steps, String colour, String width, String dashes) {
    append(
        out,
        "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"%s\""
            + " stroke-dasharray=\"%s\"/>%n",
        steps,
        colour,
        width,
        dashes.isEmpty() ? "none" : dashes);
  }

  private static void rect(
      StringBuilder out, double x1, int y1, double x2, int y2, String colour, double opacity) {
    append(
        out,
        "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\""
            + " fill-opacity=\"%.2f\"/>%n",
        x1,
        y1,
        Math.max(x2 - x1, 0.5),
        y2 - y1,
        colour,
        opacity);
  }

  private double x(double seconds) {
    return LEFT + (WIDTH - RIGHT - LEFT) * (seconds - start) / (end - start);
  }

  private double highest(ToDoubleFunction<Sample> value) {
    return samples.stream().mapToDouble(value).max().orElse(0);
  }

  /** The next of 1, 2, 4, 5, 6, 8 times a power of ten: an axis that ends on a round number. */
  private static int niceCeiling(double value) {
    int power = 1;
    while (true) {
      for (int digit : new int[] {1, 2, 4, 5, 6, 8}) {
        if (digit * power >= value) {
          return Math.max(2, digit * power);
        }
      }
      power *= 10;
    }
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  // The root locale: a decimal comma would be another number to SVG.
  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency for this alone
  private static void append(StringBuilder out, String format, Object... values) {
    out.append(String.format(Locale.ROOT, format, values));
  }
}
