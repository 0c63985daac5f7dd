package dev.bellows.controlplane.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.bellows.api.config.NetworkConfig.MeshCompatibilityMode;
import dev.bellows.controlplane.scrape.HttpStatSource;
import dev.bellows.controlplane.scrape.Scraper;
import dev.bellows.controlplane.scrape.WatchedPods;
import dev.bellows.controlplane.watch.Watched;
import dev.bellows.core.kpa.DeciderSpec;
import dev.bellows.core.kpa.DeciderStatus;
import dev.bellows.core.kpa.MetricSpec;
import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.stat.Aggregation;
import dev.bellows.core.stat.Stat;
import dev.bellows.core.stat.StatWire;
import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.EndpointsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;

/** Everything real but the cluster: threads, clock, HTTP, and pods that serve their statistics. */
class ScalingLoopTest {
  private static final RevisionId HELLO = new RevisionId("default", "hello-00001");
  private static final String METRICS_SERVICE = "hello-00001-private";

  @Test
  void decidesByWhatPodsServeAtThePortsTheirEndpointsTell() throws Exception {
    Watched<Pod> pods = new Watched<>(Pod.class);
    Watched<Endpoints> endpoints = new Watched<>(Endpoints.class);
    WatchedPods watched = new WatchedPods(pods, endpoints);
    BlockingQueue<RevisionId> told = new LinkedBlockingQueue<>();
    HttpServer queueProxy = queueProxy(35);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        HttpStatSource source = new HttpStatSource()) {
      MetricCollector metrics =
          new MetricCollector(
              (revision, target) ->
                  new Scraper(
                      revision,
                      target,
                      MeshCompatibilityMode.AUTO,
                      watched,
                      source,
                      threads,
                      new Random(1)),
              threads,
              Clock.systemUTC(),
              revision -> {});
      MultiScaler scaler = new MultiScaler(metrics, watched, told::add);
      pods.put(readyPod());
      endpoints.put(endpoints(queueProxy.getAddress().getPort()));
      metrics.createOrUpdate(
          HELLO,
          new MetricSpec(Duration.ofSeconds(60), Duration.ofSeconds(6), METRICS_SERVICE),
          Aggregation.LINEAR);
      scaler.createOrUpdate(
          new Decider(HELLO, "hello", "hello", "hello-00001", spec()),
          OptionalInt.empty(),
          Clock.systemUTC().instant());

      try (ScalingLoop loop = new ScalingLoop(metrics, scaler, Clock.systemUTC())) {
        loop.start();
        await()
            .atMost(Duration.ofSeconds(20))
            .untilAsserted(() ->
                assertThat(scaler.status(HELLO).map(DeciderStatus::desiredScale)).contains(5));
      }
      assertThat(told).contains(HELLO);
    } finally {
      queueProxy.stop(0);
    }
  }

  private static HttpServer queueProxy(double concurrency) throws IOException {
    byte[] body = StatWire.encode(new Stat("pod", concurrency, 0, 2 * concurrency, 0, 90, 0));
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/metrics",
        exchange -> {
          exchange.getResponseHeaders().set("Content-Type", "application/protobuf");
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    return server;
  }

  private static Pod readyPod() {
    return new PodBuilder()
        .withNewMetadata()
        .withNamespace("default")
        .withName("hello-00001-deployment-a")
        .withResourceVersion("1")
        .addToLabels("serving.knative.dev/revision", "hello-00001")
        .endMetadata()
        .withNewStatus()
        .withPhase("Running")
        .withPodIP("127.0.0.1")
        .withStartTime("2026-01-01T00:00:00Z")
        .addNewCondition()
        .withType("Ready")
        .withStatus("True")
        .endCondition()
        .endStatus()
        .build();
  }

  private static Endpoints endpoints(int metricsPort) {
    return new EndpointsBuilder()
        .withNewMetadata()
        .withNamespace("default")
        .withName(METRICS_SERVICE)
        .withResourceVersion("1")
        .endMetadata()
        .addNewSubset()
        .addNewAddress()
        .withIp("127.0.0.1")
        .endAddress()
        .addNewPort()
        .withName("http-autometric")
        .withPort(metricsPort)
        .endPort()
        .endSubset()
        .build();
  }

  private static DeciderSpec spec() {
    return new DeciderSpec(
        "concurrency",
        7,
        10,
        211,
        100,
        2,
        1000,
        2,
        Duration.ofSeconds(60),
        Duration.ZERO,
        1,
        0,
        true);
  }
}
