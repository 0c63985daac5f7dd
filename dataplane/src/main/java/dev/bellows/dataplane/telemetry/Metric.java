package dev.bellows.dataplane.telemetry;

import java.util.List;

/**
 * A measure with all its series, as they are at one moment.
 *
 * @param scope who measures; upstream's package where upstream measures the same
 * @param name by OpenTelemetry's rules, such as {@code kn.revision.pods.desired}
 * @param description one sentence
 * @param unit by OpenTelemetry's rules: {@code s}, {@code By}, or in braces what is counted
 * @param data the series
 */
public record Metric(String scope, String name, String description, String unit, Data data) {
  /** The series of a measure, by what they are. */
  public sealed interface Data {
    /** Values that go up and down. */
    record Gauge(List<Point> points) implements Data {
      public Gauge {
        points = List.copyOf(points);
      }
    }

    /** Values that only grow, from the start of the process. */
    record Counter(List<Point> points) implements Data {
      public Counter {
        points = List.copyOf(points);
      }
    }

    /** Distributions, from the start of the process. */
    record Histograms(List<Distribution> points) implements Data {
      public Histograms {
        points = List.copyOf(points);
      }
    }
  }

  /** One value. */
  public record Point(Attributes about, double value) {}

  /** One distribution. */
  public record Distribution(Attributes about, Histogram.Snapshot values) {}

  /** A gauge with one series. */
  public static Metric gauge(
      String scope, String name, String description, String unit, Attributes about, double value) {
    return gauge(scope, name, description, unit, List.of(new Point(about, value)));
  }

  /** A gauge. */
  public static Metric gauge(
      String scope, String name, String description, String unit, List<Point> points) {
    return new Metric(scope, name, description, unit, new Data.Gauge(points));
  }

  /** A counter. */
  public static Metric counter(
      String scope, String name, String description, String unit, List<Point> points) {
    return new Metric(scope, name, description, unit, new Data.Counter(points));
  }

  /** A histogram. */
  public static Metric histogram(
      String scope, String name, String description, String unit, List<Distribution> points) {
    return new Metric(scope, name, description, unit, new Data.Histograms(points));
  }
}
