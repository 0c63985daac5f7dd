package dev.bellows.dataplane.queueproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bellows.dataplane.raw.Backend;
import dev.bellows.dataplane.raw.Client;
import dev.bellows.dataplane.raw.ClosedPort;
import dev.bellows.dataplane.raw.Collector;
import io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.trace.v1.Span;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a pod tells a collector, decoded by what OpenTelemetry publishes. */
class TelemetryTest {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String PARENT = "00f067aa0ba902b7";
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private static Pod pod(Backend user, String observability) {
    return new Pod(user.address())
        .with("CONTAINER_CONCURRENCY", "2")
        .with("SERVING_SERVICE", "hello")
        .with("OBSERVABILITY_CONFIG", observability.replace('\'', '"'));
  }

  private static String tracing(Collector collector, String protocol, String rate) {
    return "{'tracing':{'protocol':'%s','endpoint':'%s','samplingRate':%s}}"
        .formatted(protocol, collector.endpoint(protocol), rate);
  }

  private static void get(QueueProxyHandle pod, String headers) throws Exception {
    try (Client client = new Client(pod.serving())) {
      assertThat(
              client
                  .send("GET /path?x=1 HTTP/1.1\r\nHost: hello.example\r\n" + headers + "\r\n")
                  .response()
                  .status())
          .isEqualTo(200);
    }
    await().until(() -> pod.inFlight() == 0);
  }

  /** A collector that has just started may take longer than it is given. */
  private static void flushUntil(QueueProxyHandle pod, Collector collector, int spans) {
    await()
        .atMost(LIMIT)
        .until(() -> {
          pod.flushTelemetry().toCompletableFuture().join();
          return collector.spans().size() >= spans;
        });
  }

  private static String traceparentSeenBy(Backend user) {
    return user.heads
        .getLast()
        .lines()
        .filter(line -> line.startsWith("traceparent: "))
        .map(line -> line.substring("traceparent: ".length()))
        .findFirst()
        .orElse("none");
  }

  @ParameterizedTest
  @ValueSource(strings = {"grpc", "http/protobuf"})
  void measuresGoToACollectorUnderUpstreamsNames(String protocol) throws Exception {
    try (Collector collector = Collector.start();
        Backend user = Backend.echoingHeads();
        Pod pod =
            pod(
                user,
                "{'requestMetrics':{'protocol':'%s','endpoint':'%s','exportInterval':50000000}}"
                    .formatted(protocol, collector.endpoint(protocol)));
        QueueProxyHandle handle = pod.attach()) {
      get(handle, "Knative-Serving-Tag: blue\r\n");
      await()
          .atMost(LIMIT)
          .until(() ->
              collector.lastMeasures().containsKey("kn.serving.invocation.duration")
                  && collector
                          .lastMeasures()
                          .get("kn.serving.invocation.duration")
                          .getHistogram()
                          .getDataPointsCount()
                      > 0);
      Map<String, Metric> measures = collector.lastMeasures();
      assertThat(measures)
          .containsKeys(
              "kn.serving.queue.depth",
              "http.server.request.duration",
              "http.server.request.body.size",
              "http.server.response.body.size",
              "http.client.request.duration",
              "http.client.request.body.size",
              "jvm.memory.used");
      Metric duration = measures.get("kn.serving.invocation.duration");
      assertThat(duration.getUnit()).isEqualTo("s");
      HistogramDataPoint point = duration.getHistogram().getDataPoints(0);
      assertThat(point.getCount()).isEqualTo(1);
      assertThat(point.getBucketCountsList()).hasSize(point.getExplicitBoundsCount() + 1);
      assertThat(point.getBucketCountsList().stream().mapToLong(Long::longValue).sum())
          .isEqualTo(1);
      assertThat(point.getStartTimeUnixNano()).isPositive().isLessThan(point.getTimeUnixNano());
      assertThat(Collector.attributes(point.getAttributesList()))
          .isEqualTo(Map.of("http.response.status_code", "200"));
      assertThat(
              Collector.attributes(
                  measures
                      .get("http.server.request.duration")
                      .getHistogram()
                      .getDataPoints(0)
                      .getAttributesList()))
          .containsEntry("server.address", "hello.example")
          .containsEntry("kn.route.tag", "blue")
          .containsEntry("http.request.method", "GET");
      assertThat(
              Collector.attributes(
                  measures
                      .get("http.client.request.duration")
                      .getHistogram()
                      .getDataPoints(0)
                      .getAttributesList()))
          .containsEntry("server.address", "127.0.0.1")
          .containsEntry("server.port", String.valueOf(user.address().port()));
      assertThat(
              Collector.attributes(
                  collector
                      .measures
                      .peek()
                      .getResourceMetrics(0)
                      .getResource()
                      .getAttributesList()))
          .containsEntry("service.name", "hello")
          .containsEntry("container.name", "queue-proxy")
          .containsEntry("kn.revision.name", "hello-00001");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"grpc", "http/protobuf"})
  void spansContinueTheTraceOfTheClientAndTheProgramContinuesTheirs(String protocol)
      throws Exception {
    try (Collector collector = Collector.start();
        Backend user = Backend.echoingHeads();
        Pod pod = pod(user, tracing(collector, protocol, "0.0001"));
        QueueProxyHandle handle = pod.attach()) {
      get(handle, "traceparent: 00-" + TRACE + "-" + PARENT + "-01\r\ntracestate: a=b\r\n");
      flushUntil(handle, collector, 4);
      Map<String, Span> spans =
          collector.spans().stream().collect(Collectors.toMap(Span::getName, Function.identity()));
      assertThat(spans.keySet())
          .containsExactlyInAnyOrder(
              "GET", "kn.queueproxy.wait", "kn.queueproxy.proxy", "HTTP GET");
      assertThat(spans.values())
          .allSatisfy(span -> {
            assertThat(HexFormat.of().formatHex(span.getTraceId().toByteArray())).isEqualTo(TRACE);
            assertThat(span.getTraceState()).isEqualTo("a=b");
            assertThat(span.getEndTimeUnixNano())
                .isGreaterThanOrEqualTo(span.getStartTimeUnixNano());
          });
      Span server = spans.get("GET");
      assertThat(HexFormat.of().formatHex(server.getParentSpanId().toByteArray()))
          .isEqualTo(PARENT);
      assertThat(server.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_SERVER);
      assertThat(Collector.attributes(server.getAttributesList()))
          .containsEntry("http.response.status_code", "200")
          .containsEntry("url.path", "/path");
      assertThat(spans.get("kn.queueproxy.proxy").getParentSpanId()).isEqualTo(server.getSpanId());
      Span call = spans.get("HTTP GET");
      assertThat(call.getParentSpanId()).isEqualTo(spans.get("kn.queueproxy.proxy").getSpanId());
      assertThat(call.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_CLIENT);
      assertThat(traceparentSeenBy(user))
          .isEqualTo(
              "00-%s-%s-01"
                  .formatted(TRACE, HexFormat.of().formatHex(call.getSpanId().toByteArray())));
    }
  }

  @ParameterizedTest
  @CsvSource({"1,00,true", "0,01,false", "0.5,00,false", "0.5,01,true"})
  void aRateInBetweenDoesAsTheClientDid(String rate, String flags, boolean recorded)
      throws Exception {
    try (Collector collector = Collector.start();
        Backend user = Backend.echoingHeads();
        Pod pod = pod(user, tracing(collector, "grpc", rate));
        QueueProxyHandle handle = pod.attach()) {
      get(handle, "traceparent: 00-" + TRACE + "-" + PARENT + "-" + flags + "\r\n");
      flushUntil(handle, collector, recorded ? 4 : 0);
      assertThat(collector.spans().isEmpty()).isEqualTo(!recorded);
      assertThat(traceparentSeenBy(user))
          .startsWith("00-" + TRACE)
          .doesNotContain(PARENT)
          .endsWith(recorded ? "-01" : "-00");
    }
  }

  @Test
  void aTraceBeginsWhereNoneCame() throws Exception {
    try (Collector collector = Collector.start();
        Backend user = Backend.echoingHeads();
        Pod pod = pod(user, tracing(collector, "http/protobuf", "1"));
        QueueProxyHandle handle = pod.attach()) {
      get(handle, "traceparent: rubbish\r\n");
      get(handle, "");
      flushUntil(handle, collector, 8);
      assertThat(collector.spans().stream().filter(span -> span.getName().equals("GET")))
          .hasSize(2)
          .allMatch(span -> span.getParentSpanId().isEmpty());
      assertThat(traceparentSeenBy(user)).matches("00-[0-9a-f]{32}-[0-9a-f]{16}-01");
    }
  }

  @Test
  void withoutTracingTheContextPassesUntouched() throws Exception {
    String given = "00-" + TRACE + "-" + PARENT + "-01";
    try (Backend user = Backend.echoingHeads();
        Pod pod = pod(user, "{'requestMetrics':{'protocol':'prometheus'}}");
        QueueProxyHandle handle = pod.attach()) {
      get(handle, "traceparent: " + given + "\r\nX-B3-TraceId: 7\r\n");
      assertThat(traceparentSeenBy(user)).isEqualTo(given);
      assertThat(user.heads.getLast()).contains("X-B3-TraceId: 7");
    }
  }

  @Test
  void spansAreWrittenAsLinesWhereThatIsAskedFor() throws Exception {
    try (Backend user = Backend.echoingHeads();
        Pod pod = pod(user, "{'tracing':{'protocol':'stdout','samplingRate':1}}");
        QueueProxyHandle handle = pod.attach()) {
      get(handle, "");
      handle.flushTelemetry().toCompletableFuture().join();
      assertThat(pod.requestLines)
          .hasSize(4)
          .anyMatch(line ->
              line.startsWith("{\"name\":\"kn.queueproxy.proxy\",\"traceId\":\"")
                  && line.endsWith("\n"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"grpc", "http/protobuf"})
  void aPodServesWithoutItsCollector(String protocol) throws Exception {
    try (ClosedPort nobody = new ClosedPort();
        Backend user = Backend.echoingHeads();
        Pod pod =
            pod(
                user,
                ("{'requestMetrics':{'protocol':'%1$s','endpoint':'%2$s','exportInterval':20000000},"
                     + "'tracing':{'protocol':'%1$s','endpoint':'%2$s','samplingRate':1}}")
                    .formatted(protocol, nobody.address()));
        QueueProxyHandle handle = pod.attach()) {
      for (String each : List.of("", "", "")) {
        get(handle, each);
      }
      handle.flushTelemetry().toCompletableFuture().join();
    }
  }
}
