package dev.bellows.dataplane.telemetry;

import dev.bellows.core.stat.WireWriter;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Measures and spans as messages of OTLP 1 (opentelemetry.proto, packages {@code metrics.v1} and
 * {@code trace.v1}): the requests of its two services. Field numbers are those of the published
 * definitions; what is left out there means zero or nothing.
 */
final class Otlp {
  private static final int CUMULATIVE = 2;

  private Otlp() {}

  /**
   * {@code ExportMetricsServiceRequest}.
   *
   * @param startNanos since when is counted, in nanoseconds since 1970
   * @param nowNanos when it was looked at
   */
  static byte[] metrics(Attributes resource, List<Metric> metrics, long startNanos, long nowNanos) {
    Map<String, List<Metric>> byScope =
        metrics.stream()
            .collect(Collectors.groupingBy(Metric::scope, LinkedHashMap::new, Collectors.toList()));
    WireWriter resourceMetrics = new WireWriter();
    resourceMetrics.bytes(1, resource(resource));
    byScope.forEach((scope, all) -> {
      WireWriter scopeMetrics = new WireWriter();
      scopeMetrics.bytes(1, scope(scope));
      all.forEach(each -> scopeMetrics.bytes(2, metric(each, startNanos, nowNanos)));
      resourceMetrics.bytes(2, scopeMetrics.toByteArray());
    });
    return only(resourceMetrics);
  }

  /** {@code ExportTraceServiceRequest}. */
  static byte[] spans(Attributes resource, String scope, List<Span> spans) {
    WireWriter scopeSpans = new WireWriter();
    scopeSpans.bytes(1, scope(scope));
    spans.forEach(each -> scopeSpans.bytes(2, span(each)));
    WireWriter resourceSpans = new WireWriter();
    resourceSpans.bytes(1, resource(resource));
    resourceSpans.bytes(2, scopeSpans.toByteArray());
    return only(resourceSpans);
  }

  private static byte[] only(WireWriter within) {
    WireWriter request = new WireWriter();
    request.bytes(1, within.toByteArray());
    return request.toByteArray();
  }

  private static byte[] resource(Attributes attributes) {
    WireWriter resource = new WireWriter();
    attributes(resource, 1, attributes);
    return resource.toByteArray();
  }

  private static byte[] scope(String name) {
    WireWriter scope = new WireWriter();
    scope.string(1, name);
    return scope.toByteArray();
  }

  private static byte[] metric(Metric metric, long startNanos, long nowNanos) {
    WireWriter message = new WireWriter();
    message.string(1, metric.name());
    message.string(2, metric.description());
    message.string(3, metric.unit());
    WireWriter data = new WireWriter();
    switch (metric.data()) {
      case Metric.Data.Gauge(List<Metric.Point> points) -> {
        points.forEach(each -> data.bytes(1, number(each, 0, nowNanos)));
        message.bytes(5, data.toByteArray());
      }
      case Metric.Data.Counter(List<Metric.Point> points) -> {
        points.forEach(each -> data.bytes(1, number(each, startNanos, nowNanos)));
        data.integer(2, CUMULATIVE);
        data.integer(3, 1); // monotonic
        message.bytes(7, data.toByteArray());
      }
      case Metric.Data.Histograms(List<Metric.Distribution> points) -> {
        points.forEach(each -> data.bytes(1, histogram(each, startNanos, nowNanos)));
        data.integer(2, CUMULATIVE);
        message.bytes(9, data.toByteArray());
      }
    }
    return message.toByteArray();
  }

  private static byte[] number(Metric.Point point, long startNanos, long nowNanos) {
    WireWriter message = new WireWriter();
    message.fixed(2, startNanos);
    message.fixed(3, nowNanos);
    // One of several: that it is there says something even where it is zero.
    message.presentFixed(4, Double.doubleToRawLongBits(point.value()));
    attributes(message, 7, point.about());
    return message.toByteArray();
  }

  private static byte[] histogram(Metric.Distribution point, long startNanos, long nowNanos) {
    Histogram.Snapshot values = point.values();
    WireWriter message = new WireWriter();
    message.fixed(2, startNanos);
    message.fixed(3, nowNanos);
    message.fixed(4, values.count());
    message.presentFixed(5, Double.doubleToRawLongBits(values.sum()));
    WireWriter counts = new WireWriter();
    values.counts().forEach(counts::rawFixed);
    message.bytes(6, counts.toByteArray());
    WireWriter bounds = new WireWriter();
    values.bounds().forEach(each -> bounds.rawFixed(Double.doubleToRawLongBits(each)));
    message.bytes(7, bounds.toByteArray());
    attributes(message, 9, point.about());
    return message.toByteArray();
  }

  private static byte[] span(Span span) {
    WireWriter message = new WireWriter();
    message.bytes(1, span.context().traceIdBytes());
    message.bytes(2, TraceContext.bytes(span.id()));
    message.string(3, span.context().state());
    if (span.parentId() != 0) {
      message.bytes(4, TraceContext.bytes(span.parentId()));
    }
    message.string(5, span.name());
    message.integer(6, span.kind().number());
    message.fixed(7, span.startNanos());
    message.fixed(8, span.endNanos());
    attributes(message, 9, span.about());
    if (span.failed()) {
      WireWriter status = new WireWriter();
      status.integer(3, 2); // STATUS_CODE_ERROR
      message.bytes(15, status.toByteArray());
    }
    return message.toByteArray();
  }

  private static void attributes(WireWriter message, int field, Attributes attributes) {
    attributes
        .values()
        .forEach((name, value) -> {
          WireWriter any = new WireWriter();
          switch (value) {
            case String text -> any.bytes(1, text.getBytes(StandardCharsets.UTF_8));
            case Boolean truth -> any.presentInteger(2, truth ? 1 : 0);
            case Long whole -> any.presentInteger(3, whole);
            default -> throw new IllegalStateException("refused by Attributes: " + value);
          }
          WireWriter pair = new WireWriter();
          pair.string(1, name);
          pair.bytes(2, any.toByteArray());
          message.bytes(field, pair.toByteArray());
        });
  }
}
