package dev.bellows.app.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.bellows.controlplane.watch.LiveConfig;
import dev.bellows.controlplane.watch.Watched;
import dev.bellows.dataplane.proxy.Answer;
import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.dataplane.proxy.Listener;
import dev.bellows.dataplane.proxy.ProxyEngine;
import dev.bellows.dataplane.telemetry.Attributes;
import dev.bellows.dataplane.telemetry.HttpTelemetry;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code config-observability} is edited while a part runs and its requests pass. */
class RoleTelemetryTest {
  private static final EventLoopGroup LOOPS = EventLoops.create("telemetry-test", 1);

  private final Watched<ConfigMap> maps = new Watched<>(ConfigMap.class);
  private final LiveConfig config = new LiveConfig(maps);
  private final HttpTelemetry http =
      new HttpTelemetry(
          "test",
          new HttpTelemetry.SpanNames("", "", exchange -> "call"),
          exchange -> false,
          exchange -> Attributes.NONE);
  private final Queue<String> lines = new ConcurrentLinkedQueue<>();
  private final ProxyEngine engine = new ProxyEngine(LOOPS, System::nanoTime);
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private Listener listener;
  private RoleTelemetry telemetry;
  private int version;

  @BeforeEach
  void start() throws IOException {
    listener =
        engine.listen(
            "127.0.0.1",
            0,
            List.of(http.stage("http"), exchange -> exchange.answer(Answer.text(200, "ok"))));
    telemetry =
        new RoleTelemetry(
            config,
            LOOPS.next(),
            Attributes.of("service.name", "part"),
            List::of,
            List.of(new RoleTelemetry.Observed(http, "part", "test")),
            lines::add,
            InstantSource.system());
  }

  @AfterEach
  void stop() {
    telemetry.close();
    engine.close();
    client.close();
  }

  @AfterAll
  static void stopLoops() {
    LOOPS.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  /** Where measures and spans arrive: the paths of what was posted. */
  private static final class Collector implements AutoCloseable {
    final Queue<String> posted = new ConcurrentLinkedQueue<>();
    private final HttpServer server;

    Collector() throws IOException {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.createContext(
          "/",
          exchange -> {
            byte[] body = exchange.getRequestBody().readAllBytes();
            if (body.length > 0) {
              posted.add(exchange.getRequestURI().getPath());
            }
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
          });
      server.start();
    }

    String endpoint() {
      return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    @Override
    public void close() {
      server.stop(0);
    }
  }

  private void edit(Map<String, String> data) {
    maps.put(
        new ConfigMapBuilder()
            .withNewMetadata()
            .withNamespace("knative-serving")
            .withName("config-observability")
            .withResourceVersion(String.valueOf(++version))
            .endMetadata()
            .withData(data)
            .build());
  }

  private void request() throws IOException, InterruptedException {
    assertThat(
            client
                .send(
                    HttpRequest.newBuilder(URI.create("http://" + listener.address() + "/"))
                        .build(),
                    HttpResponse.BodyHandlers.ofString())
                .statusCode())
        .isEqualTo(200);
  }

  private String page() {
    return new String(telemetry.page(), StandardCharsets.UTF_8);
  }

  private static ConditionFactory await() {
    return Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(10));
  }

  @Test
  void measuringBeginsMovesAndEndsWithTheSettings() throws Exception {
    request();
    assertThat(page()).doesNotContain("http_server_request_duration_seconds_count");
    try (Collector first = new Collector();
        Collector second = new Collector()) {
      edit(Map.of("metrics-protocol", "prometheus"));
      request();
      await().untilAsserted(() -> assertThat(counted()).isEqualTo(1));

      edit(otlp("metrics", first));
      await().until(() -> first.posted.contains("/v1/metrics"));

      edit(otlp("metrics", second));
      await().until(() -> second.posted.contains("/v1/metrics"));
      first.posted.clear();
      int before = second.posted.size();
      await().until(() -> second.posted.size() >= before + 5);
      assertThat(first.posted)
          .as("at the former collector, with what was under way")
          .hasSizeLessThanOrEqualTo(1);

      edit(Map.of("metrics-protocol", "none"));
      request();
      request();
      assertThat(counted()).isEqualTo(1);
    }
  }

  private long counted() {
    return page()
        .lines()
        .filter(line -> line.startsWith("http_server_request_duration_seconds_count"))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private static Map<String, String> otlp(String what, Collector to) {
    return Map.of(
        what + "-protocol",
        "http/protobuf",
        what + "-endpoint",
        to.endpoint(),
        "metrics-export-interval",
        "50ms",
        "tracing-sampling-rate",
        "1");
  }

  @Test
  void tracingBeginsMovesAndEndsWithTheSettings() throws Exception {
    request();
    try (Collector collector = new Collector()) {
      edit(Map.of("tracing-protocol", "stdout", "tracing-sampling-rate", "1"));
      request();
      await().until(() -> lines.size() == 1);

      edit(otlp("tracing", collector));
      request();
      await().until(() -> collector.posted.contains("/v1/traces"));
      assertThat(lines).as("spans as lines").hasSize(1);

      edit(Map.of("tracing-protocol", "none"));
      collector.posted.clear();
      request();
      edit(Map.of("tracing-protocol", "stdout", "tracing-sampling-rate", "0"));
      request();
      edit(Map.of("tracing-protocol", "stdout", "tracing-sampling-rate", "1"));
      request();
      await().until(() -> lines.size() == 2);
      assertThat(collector.posted).isEmpty();
    }
  }

  @Test
  void whatCannotBeReadChangesNothing() throws Exception {
    edit(Map.of("metrics-protocol", "prometheus"));
    edit(Map.of("metrics-protocol", "carrier-pigeon"));
    request();
    await().untilAsserted(() -> assertThat(counted()).isEqualTo(1));
  }
}
