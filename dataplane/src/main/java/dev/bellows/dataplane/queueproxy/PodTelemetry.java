package dev.bellows.dataplane.queueproxy;

import dev.bellows.dataplane.proxy.Exchange;
import dev.bellows.dataplane.proxy.Stage;
import dev.bellows.dataplane.telemetry.Attributes;
import dev.bellows.dataplane.telemetry.ExportTarget;
import dev.bellows.dataplane.telemetry.Histogram;
import dev.bellows.dataplane.telemetry.HttpTelemetry;
import dev.bellows.dataplane.telemetry.HttpTelemetry.SpanNames;
import dev.bellows.dataplane.telemetry.Metric;
import dev.bellows.dataplane.telemetry.MetricExport;
import dev.bellows.dataplane.telemetry.PrometheusPage;
import dev.bellows.dataplane.telemetry.RuntimeMetrics;
import dev.bellows.dataplane.telemetry.Tracer;
import io.netty.channel.EventLoop;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * What one pod's queue-proxy tells of its requests, as far as {@code config-observability} asks for
 * it: measures for Prometheus or by OTLP, and spans (data-plane spec §6).
 */
final class PodTelemetry implements AutoCloseable {
  private static final String SCOPE = "knative.dev/serving/pkg/queue";

  /** Who measures HTTP in the original. */
  private static final String HTTP_SCOPE =
      "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp";

  private static final SpanNames SPANS =
      new SpanNames(
          "kn.queueproxy.wait",
          "kn.queueproxy.proxy",
          exchange -> "HTTP " + exchange.request().method().name());

  private final Observability asked;
  private final Attributes resource;
  private final Supplier<SortedMap<Integer, Histogram.Snapshot>> invocations;
  private final Supplier<OptionalInt> queueDepth;
  private final HttpTelemetry http =
      new HttpTelemetry(
          HTTP_SCOPE, SPANS, exchange -> RequestHeaders.anyProbe(exchange.headers()), this::about);
  private final Optional<MetricExport> export;
  private final Optional<Tracer> tracer;

  /**
   * Begins to tell.
   *
   * @param invocations how long the user container took, by status
   * @param queueDepth requests that run or wait; empty = there is no limit, hence no measure
   * @param lines takes spans that are to be written as lines
   */
  PodTelemetry(
      Observability asked,
      PodIdentity pod,
      EventLoop loop,
      Supplier<SortedMap<Integer, Histogram.Snapshot>> invocations,
      Supplier<OptionalInt> queueDepth,
      Consumer<String> lines) {
    this.asked = asked;
    this.resource = resource(pod);
    this.invocations = invocations;
    this.queueDepth = queueDepth;
    http.measure(asked.requestMetrics().wanted());
    InstantSource clock = InstantSource.system();
    Observability.Export measures = asked.requestMetrics();
    this.export =
        ExportTarget.orNone(
                measures.protocol(), measures.endpoint(), measures.interval(), "measures")
            .map(target -> new MetricExport(loop, target, resource, this::metrics, clock));
    this.tracer =
        Tracer.by(
            asked.tracing().protocol(),
            asked.tracing().endpoint(),
            asked.samplingRate(),
            resource,
            SCOPE,
            loop,
            clock,
            ThreadLocalRandom::current,
            lines);
    http.trace(tracer);
  }

  /** The stage that observes requests, if there is anything to observe. */
  Optional<Stage> stage() {
    return asked.requestMetrics().wanted() || tracer.isPresent()
        ? Optional.of(http.stage("http"))
        : Optional.empty();
  }

  private Attributes about(Exchange exchange) {
    return Attributes.of("kn.route.tag", RequestHeaders.routeTag(exchange.headers()));
  }

  /** What was measured so far. */
  private List<Metric> metrics() {
    List<Metric> metrics = new ArrayList<>();
    metrics.add(
        Metric.histogram(
            SCOPE,
            "kn.serving.invocation.duration",
            "How long the user container took.",
            "s",
            invocations.get().entrySet().stream()
                .map(each ->
                    new Metric.Distribution(
                        Attributes.of("http.response.status_code", each.getKey()), each.getValue()))
                .toList()));
    queueDepth
        .get()
        .ifPresent(depth ->
            metrics.add(
                Metric.gauge(
                    SCOPE,
                    "kn.serving.queue.depth",
                    "Requests that run or wait.",
                    "{request}",
                    Attributes.NONE,
                    depth)));
    metrics.addAll(http.metrics());
    metrics.addAll(RuntimeMetrics.metrics());
    return metrics;
  }

  /** The page for Prometheus. */
  byte[] page() {
    return PrometheusPage.of(resource, metrics());
  }

  /**
   * Brings away what has not been yet, before an end.
   *
   * @return done when it has arrived, or has not; never completes exceptionally
   */
  CompletionStage<Void> flush() {
    return CompletableFuture.allOf(
        export
            .map(each -> each.exportNow().toCompletableFuture())
            .orElse(CompletableFuture.completedFuture(null)),
        tracer
            .map(each -> each.flush().toCompletableFuture())
            .orElse(CompletableFuture.completedFuture(null)));
  }

  private static Attributes resource(PodIdentity pod) {
    String service =
        Stream.of(pod.service(), pod.configuration(), pod.revision().name(), pod.name())
            .filter(name -> !name.isEmpty())
            .findFirst()
            .orElse("");
    return Attributes.of(
        "container.name", "queue-proxy",
        "k8s.namespace.name", pod.revision().namespace(),
        "k8s.pod.name", pod.name(),
        "kn.configuration.name", pod.configuration(),
        "kn.revision.name", pod.revision().name(),
        "kn.service.name", pod.service(),
        "service.instance.id", pod.name(),
        "service.name", service);
  }

  /** Tells no more. */
  @Override
  public void close() {
    export.ifPresent(MetricExport::close);
    tracer.ifPresent(Tracer::close);
  }
}
