package dev.bellows.dataplane.queueproxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.dataplane.raw.Backend;
import dev.bellows.dataplane.raw.Client;
import java.io.IOException;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ObservabilityTest {
  private static final String PROBE =
      String.join(
          "\r\n",
          "GET /probe HTTP/1.1",
          "Host: h",
          "User-Agent: kube-probe/1",
          "K-Network-Probe: queue",
          "",
          "");

  @Test
  void logsARequestInTheOriginalsFormAndNoProbe() throws IOException {
    try (Backend user = Backend.echoingHeads();
        Pod pod =
            new Pod(user.address()).with("OBSERVABILITY_CONFIG", "{\"enableRequestLog\":true}");
        QueueProxyHandle queueProxy = pod.attach();
        Client client = new Client(queueProxy.serving())) {
      client.send(PROBE).response();
      String body =
          client
              .send(
                  "POST /a?b=c HTTP/1.1\r\nHost: h\r\nUser-Agent: it's me\r\nContent-Length: 3"
                      + "\r\nTraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
                      + "\r\n\r\nabc")
              .response()
              .body();
      Awaitility.await()
          .pollInterval(Duration.ofMillis(2))
          .until(() -> !pod.requestLines.isEmpty());
      assertThat(pod.requestLines).hasSize(1);
      String line = pod.requestLines.element();
      assertThat(line)
          .startsWith(
              "{\"httpRequest\": {\"requestMethod\": \"POST\", \"requestUrl\": \"/a?b\\u003Dc\","
                  + " \"requestSize\": \"3\", \"status\": 200, \"responseSize\": \""
                  + body.length()
                  + "\", \"userAgent\": \"it\\'s me\", \"remoteIp\": \"127.0.0.1\", \"serverIp\":"
                  + " \"127.0.0.1\", \"referer\": \"\", \"latency\": \"")
          .endsWith(
              "s\", \"protocol\": \"HTTP/1.1\"}, \"traceId\":"
                  + " \"4bf92f3577b34da6a3ce929d0e0e4736\"}\n");
    }
  }

  @Test
  void logsProbesWhereItIsAskedTo() throws IOException {
    try (Backend user = Backend.echoingHeads();
        Pod pod =
            new Pod(user.address())
                .with(
                    "OBSERVABILITY_CONFIG",
                    "{\"enableRequestLog\":true,\"enableProbeRequestLog\":true,"
                        + "\"requestLogTemplate\":"
                        + "\"{{.Revision.Name}} {{.Request.URL.Path}} {{.Nothing}}\"}");
        QueueProxyHandle queueProxy = pod.attach();
        Client client = new Client(queueProxy.serving())) {
      client.send(PROBE).response();
      Awaitility.await()
          .pollInterval(Duration.ofMillis(2))
          .until(() -> !pod.requestLines.isEmpty());
      assertThat(pod.requestLines)
          .containsExactly(
              "Invalid request log template: can't evaluate field Nothing in type"
                  + " *http.RequestLogTemplateInput\n");
    }
  }

  @Test
  void servesWithoutALogIfTheTemplateCannotBeRead() throws IOException {
    try (Backend user = Backend.echoingHeads();
        Pod pod =
            new Pod(user.address())
                .with(
                    "OBSERVABILITY_CONFIG",
                    "{\"enableRequestLog\":true,\"requestLogTemplate\":\"{{\"}");
        QueueProxyHandle queueProxy = pod.attach();
        Client client = new Client(queueProxy.serving())) {
      assertThat(client.get("/").response().status()).isEqualTo(200);
      assertThat(pod.requestLines).isEmpty();
    }
  }

  @Test
  void servesRequestMetricsForPrometheusUnderUpstreamsNames() throws IOException {
    try (Backend user = Backend.echoingHeads();
        Pod pod =
            new Pod(user.address())
                .with("CONTAINER_CONCURRENCY", "2")
                .with(
                    "OBSERVABILITY_CONFIG", "{\"requestMetrics\":{\"protocol\":\"prometheus\"}}");
        QueueProxyHandle queueProxy = pod.attach();
        Client client = new Client(queueProxy.serving());
        Client prometheus = new Client(queueProxy.requestMetrics().orElseThrow())) {
      client.send(PROBE).response();
      client
          .send("GET / HTTP/1.1\r\nHost: 10.0.0.1:8012\r\nKnative-Serving-Tag: blue\r\n\r\n")
          .response();
      Awaitility.await().pollInterval(Duration.ofMillis(2)).until(() -> queueProxy.inFlight() == 0);
      String page = prometheus.get("/metrics").response().body();
      String http =
          "http_request_method=\"GET\",http_response_status_code=\"200\",kn_route_tag=\"blue\","
              + "network_protocol_name=\"http\",network_protocol_version=\"1.1\","
              + "otel_scope_name=\"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp\","
              + "otel_scope_schema_url=\"\",otel_scope_version=\"\",server_address=\"10.0.0.1\","
              + "server_port=\"8012\",url_scheme=\"http\"";
      assertThat(page.lines())
          .contains(
              "http_server_request_duration_seconds_count{" + http + "} 1",
              "http_server_request_body_size_bytes_sum{" + http + "} 0.0",
              "kn_serving_invocation_duration_seconds_count{http_response_status_code=\"200\","
                  + "otel_scope_name=\"knative.dev/serving/pkg/queue\","
                  + "otel_scope_schema_url=\"\",otel_scope_version=\"\"} 1")
          .anyMatch(line -> line.startsWith("kn_serving_queue_depth{"))
          .anyMatch(line -> line.startsWith("target_info{container_name=\"queue-proxy\""));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'', '', kn:disabled",
    "'', true, kn:default",
    "'', false, kn:default",
    "blue, true, kn:undefined",
    "blue, '', blue"
  })
  void namesTheTagByWhichARequestCame(String tag, String defaultRoute, String expected) {
    var headers = new io.netty.handler.codec.http.DefaultHttpHeaders();
    headers.set("Knative-Serving-Tag", tag).set("Knative-Serving-Default-Route", defaultRoute);
    assertThat(RequestHeaders.routeTag(headers)).isEqualTo(expected);
  }
}
