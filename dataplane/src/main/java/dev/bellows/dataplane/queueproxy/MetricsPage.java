package dev.bellows.dataplane.queueproxy;

import dev.bellows.dataplane.proxy.Answer;
import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A pod's request metrics as Prometheus reads them, named as OpenTelemetry's exporter names the
 * original's (data-plane spec §6).
 */
final class MetricsPage {
  private static final String QUEUE_SCOPE = "knative.dev/serving/pkg/queue";
  private static final String HTTP_SCOPE =
      "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp";

  private MetricsPage() {}

  /**
   * The page.
   *
   * @param queueDepth running and waiting; negative = there is no limit, hence no metric
   */
  static Answer of(
      PodIdentity pod,
      SortedMap<Integer, Histogram.Snapshot> invocations,
      int queueDepth,
      ServerMetrics server) {
    MetricSnapshots.Builder page = MetricSnapshots.builder();
    page.metricSnapshot(
        InfoSnapshot.builder()
            .name("target")
            .help("Target metadata")
            .dataPoint(InfoDataPointSnapshot.builder().labels(resource(pod)).build())
            .build());
    List<HistogramDataPointSnapshot> byStatus = new ArrayList<>();
    invocations.forEach((status, durations) ->
        byStatus.add(
            point(
                durations,
                scope(QUEUE_SCOPE, "http_response_status_code", Integer.toString(status)))));
    page.metricSnapshot(
        histogram(
            "kn_serving_invocation_duration_seconds",
            "How long the user container took.",
            byStatus));
    if (queueDepth >= 0) {
      page.metricSnapshot(
          GaugeSnapshot.builder()
              .name("kn_serving_queue_depth")
              .help("Requests that run or wait.")
              .dataPoint(
                  GaugeDataPointSnapshot.builder()
                      .labels(scope(QUEUE_SCOPE))
                      .value(queueDepth)
                      .build())
              .build());
    }
    addServer(page, server);
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    try {
      PrometheusTextFormatWriter.create()
          .write(body, page.build(), EscapingScheme.UNDERSCORE_ESCAPING);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return Answer.bytes(200, PrometheusTextFormatWriter.CONTENT_TYPE, body.toByteArray());
  }

  private static void addServer(MetricSnapshots.Builder page, ServerMetrics server) {
    Map<ServerMetrics.Attributes, ServerMetrics.Series> all = server.series();
    page.metricSnapshot(
        histogram(
            "http_server_request_duration_seconds",
            "Duration of HTTP server requests.",
            points(all, series -> series.duration())));
    page.metricSnapshot(
        histogram(
            "http_server_request_body_size_bytes",
            "Size of HTTP server request bodies.",
            points(all, series -> series.requestSize())));
    page.metricSnapshot(
        histogram(
            "http_server_response_body_size_bytes",
            "Size of HTTP server response bodies.",
            points(all, series -> series.responseSize())));
  }

  private static List<HistogramDataPointSnapshot> points(
      Map<ServerMetrics.Attributes, ServerMetrics.Series> all,
      Function<ServerMetrics.Series, Histogram> which) {
    List<HistogramDataPointSnapshot> points = new ArrayList<>();
    all.forEach((attributes, series) ->
        points.add(point(which.apply(series).snapshot(), labels(attributes))));
    return points;
  }

  private static HistogramSnapshot histogram(
      String name, String help, List<HistogramDataPointSnapshot> points) {
    return new HistogramSnapshot(new MetricMetadata(name, help), points);
  }

  private static HistogramDataPointSnapshot point(Histogram.Snapshot histogram, Labels labels) {
    List<Double> bounds =
        Stream.concat(histogram.bounds().stream(), Stream.of(Double.POSITIVE_INFINITY)).toList();
    return HistogramDataPointSnapshot.builder()
        .classicHistogramBuckets(ClassicHistogramBuckets.of(bounds, histogram.counts()))
        .sum(histogram.sum())
        .labels(labels)
        .build();
  }

  private static Labels labels(ServerMetrics.Attributes attributes) {
    return switch (attributes) {
      case ServerMetrics.Attributes.Overflow overflow ->
          scope(HTTP_SCOPE, "otel_metric_overflow", "true");
      case ServerMetrics.Attributes.Request request -> {
        Labels labels =
            scope(
                HTTP_SCOPE,
                "http_request_method",
                request.method(),
                "http_response_status_code",
                Integer.toString(request.status()),
                "kn_route_tag",
                request.routeTag(),
                "network_protocol_name",
                "http",
                "network_protocol_version",
                request.version(),
                "server_address",
                request.host(),
                "url_scheme",
                "http");
        yield request.port().isEmpty()
            ? labels
            : labels.merge(Labels.of("server_port", request.port()));
      }
    };
  }

  private static Labels scope(String scope, String... labels) {
    return Labels.of(labels)
        .merge(
            Labels.of(
                "otel_scope_name", scope, "otel_scope_version", "", "otel_scope_schema_url", ""));
  }

  private static Labels resource(PodIdentity pod) {
    String service =
        Stream.of(pod.service(), pod.configuration(), pod.revision().name(), pod.name())
            .filter(name -> !name.isEmpty())
            .findFirst()
            .orElse("");
    return Labels.of(
        "container_name", "queue-proxy",
        "k8s_namespace_name", pod.revision().namespace(),
        "k8s_pod_name", pod.name(),
        "kn_configuration_name", pod.configuration(),
        "kn_revision_name", pod.revision().name(),
        "kn_service_name", pod.service(),
        "service_instance_id", pod.name(),
        "service_name", service);
  }
}
