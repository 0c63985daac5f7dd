package dev.bellows.dataplane.telemetry;

import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Measures as Prometheus reads them, named as OpenTelemetry's exporter for it names them: {@code _}
 * for what is no letter, the unit at the end, and labels that say who measured (data-plane spec
 * §6).
 */
public final class PrometheusPage {
  /** {@code Content-Type} of a page. */
  public static final String CONTENT_TYPE = PrometheusTextFormatWriter.CONTENT_TYPE;

  private PrometheusPage() {}

  /**
   * The page.
   *
   * @param resource what the process is; becomes {@code target_info}
   */
  public static byte[] of(Attributes resource, List<Metric> metrics) {
    MetricSnapshots.Builder page = MetricSnapshots.builder();
    page.metricSnapshot(
        InfoSnapshot.builder()
            .name("target")
            .help("Target metadata")
            .dataPoint(InfoDataPointSnapshot.builder().labels(labels(resource)).build())
            .build());
    // Several may measure the same: their series are of one family.
    metrics.stream()
        .collect(
            Collectors.groupingBy(PrometheusPage::name, LinkedHashMap::new, Collectors.toList()))
        .forEach((name, family) -> page.metricSnapshot(snapshot(name, family)));
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    try {
      PrometheusTextFormatWriter.create()
          .write(body, page.build(), EscapingScheme.UNDERSCORE_ESCAPING);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return body.toByteArray();
  }

  private static MetricSnapshot snapshot(String name, List<Metric> family) {
    MetricMetadata named = new MetricMetadata(name, family.getFirst().description());
    List<GaugeDataPointSnapshot> gauges = new ArrayList<>();
    List<CounterDataPointSnapshot> counters = new ArrayList<>();
    List<HistogramDataPointSnapshot> histograms = new ArrayList<>();
    for (Metric metric : family) {
      switch (metric.data()) {
        case Metric.Data.Gauge(List<Metric.Point> points) ->
            points.forEach(each ->
                gauges.add(
                    GaugeDataPointSnapshot.builder()
                        .labels(labels(metric, each.about()))
                        .value(each.value())
                        .build()));
        case Metric.Data.Counter(List<Metric.Point> points) ->
            points.forEach(each ->
                counters.add(
                    CounterDataPointSnapshot.builder()
                        .labels(labels(metric, each.about()))
                        .value(each.value())
                        .build()));
        case Metric.Data.Histograms(List<Metric.Distribution> points) ->
            points.forEach(
                each -> histograms.add(point(each.values(), labels(metric, each.about()))));
      }
    }
    return switch (family.getFirst().data()) {
      case Metric.Data.Gauge gauge -> new GaugeSnapshot(named, gauges);
      case Metric.Data.Counter counter -> new CounterSnapshot(named, counters);
      case Metric.Data.Histograms histogram -> new HistogramSnapshot(named, histograms);
    };
  }

  private static String name(Metric metric) {
    String name = escaped(metric.name());
    return switch (metric.unit()) {
      case "s" -> name + "_seconds";
      case "By" -> name + "_bytes";
      default -> name;
    };
  }

  private static HistogramDataPointSnapshot point(Histogram.Snapshot values, Labels labels) {
    List<Double> bounds =
        Stream.concat(values.bounds().stream(), Stream.of(Double.POSITIVE_INFINITY)).toList();
    return HistogramDataPointSnapshot.builder()
        .classicHistogramBuckets(ClassicHistogramBuckets.of(bounds, values.counts()))
        .sum(values.sum())
        .labels(labels)
        .build();
  }

  private static Labels labels(Metric metric, Attributes about) {
    return labels(about)
        .merge(
            Labels.of(
                "otel_scope_name",
                metric.scope(),
                "otel_scope_version",
                "",
                "otel_scope_schema_url",
                ""));
  }

  private static Labels labels(Attributes attributes) {
    Labels.Builder labels = Labels.builder();
    attributes.values().forEach((name, value) -> labels.label(escaped(name), value.toString()));
    return labels.build();
  }

  private static String escaped(String name) {
    return name.replace('.', '_');
  }
}
