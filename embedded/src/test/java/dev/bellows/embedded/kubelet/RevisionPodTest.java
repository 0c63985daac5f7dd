package dev.bellows.embedded.kubelet;

import static dev.bellows.embedded.workload.ObjectsOfACluster.condition;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.dataplane.probe.Prober;
import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.dataplane.proxy.ProxyEngine;
import dev.bellows.dataplane.queueproxy.SharedQueueProxy;
import dev.bellows.embedded.apiserver.DeleteOptions;
import dev.bellows.embedded.apiserver.ResourceTypes;
import dev.bellows.embedded.controller.EventRecorder;
import dev.bellows.embedded.image.BuiltInImages;
import dev.bellows.embedded.image.ImageRegistry;
import dev.bellows.embedded.network.LoopbackNetwork;
import dev.bellows.embedded.runtime.process.ProcessRuntime;
import dev.bellows.embedded.workload.ObjectsOfACluster;
import dev.bellows.embedded.workload.Placement;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A pod as Revisions have them: a user container, and a queue-proxy that this process shares. */
class RevisionPodTest {
  private static final String POD =
      """
      metadata: {name: hello-00001-deployment-x, namespace: default}
      spec:
        terminationGracePeriodSeconds: 10
        containers:
        - name: user-container
          image: dev.local/autoscale
          ports: [{name: user-port, containerPort: 8080}]
          env: [{name: PORT, value: "8080"}]
          lifecycle: {preStop: {httpGet: {port: 8022, path: /wait-for-drain}}}
          terminationMessagePolicy: FallbackToLogsOnError
        - name: queue-proxy
          image: queue
          ports:
          - {name: http-autometric, containerPort: 9090}
          - {name: queue-port, containerPort: 8012}
          readinessProbe:
            httpGet: {port: 8012, httpHeaders: [{name: K-Network-Probe, value: queue}]}
          env:
          - {name: SERVING_NAMESPACE, value: default}
          - {name: SERVING_SERVICE, value: hello}
          - {name: SERVING_CONFIGURATION, value: hello}
          - {name: SERVING_REVISION, value: hello-00001}
          - {name: QUEUE_SERVING_PORT, value: "8012"}
          - {name: QUEUE_SERVING_TLS_PORT, value: "8112"}
          - {name: CONTAINER_CONCURRENCY, value: "10"}
          - {name: REVISION_TIMEOUT_SECONDS, value: "300"}
          - {name: SERVING_POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
          - {name: SERVING_POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
          - {name: SERVING_LOGGING_CONFIG, value: ""}
          - {name: SERVING_LOGGING_LEVEL, value: ""}
          - {name: USER_PORT, value: "8080"}
          - name: SERVING_READINESS_PROBE
            value: '{"tcpSocket":{"port":8080,"host":"127.0.0.1"},"successThreshold":1}'
      """;

  @TempDir Path home;
  private ObjectsOfACluster cluster;
  private LoopbackNetwork network;
  private EventLoopGroup loops;
  private ProxyEngine engine;
  private Kubelet kubelet;

  @BeforeEach
  void open() throws IOException {
    cluster = new ObjectsOfACluster(home, Clock.systemUTC(), new Placement("here")).start();
    network = LoopbackNetwork.claim(home);
    loops = EventLoops.create("test", 1);
    engine = new ProxyEngine(loops, System::nanoTime);
    kubelet =
        new Kubelet(
            new Node(
                "here",
                new RegistryNodeApi(
                    cluster.registry, cluster.informers, cluster.events, ObjectsOfACluster.TOKENS),
                new ProcessRuntime(
                    home.resolve("runtime"),
                    Optional.empty(),
                    true,
                    System.getenv(),
                    Clock.systemUTC()),
                new SharedQueueProxies(
                    new SharedQueueProxy(engine, new Prober(loops), System::nanoTime, (_, _) -> {}),
                    Clock.systemUTC(),
                    SharedQueueProxies.Clients.HERE),
                new ImageRegistry(home, new BuiltInImages(home.resolve("cache"))),
                network,
                new Prober(loops),
                home.resolve("pods"),
                home.resolve("volumes"),
                Clock.systemUTC()));
    kubelet.start();
  }

  @AfterEach
  void close() {
    kubelet.close();
    engine.close();
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2_000);
    network.close();
    cluster.close();
  }

  private ObjectNode pod() {
    return cluster.get(ResourceTypes.PODS, "hello-00001-deployment-x");
  }

  private void awaitReady() {
    await().untilAsserted(() -> assertThat(condition(pod(), "Ready")).startsWith("True"));
  }

  private String get(String address) throws IOException, InterruptedException {
    // In the program's version, as a gateway would ask: a queue-proxy translates nothing (ADR
    // 0048).
    try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      return client
          .send(
              HttpRequest.newBuilder(URI.create("http://" + address + "/?sleep=1")).build(),
              BodyHandlers.ofString())
          .body();
    }
  }

  @Test
  void requestsReachTheProgramThroughTheQueueProxyOfThePod() throws Exception {
    cluster.create(ResourceTypes.PODS, POD);
    awaitReady();
    String ip = pod().path("status").path("podIP").asText();
    assertThat(get(ip + ":8012")).contains("Answered by hello-00001-deployment-x.");
    JsonNode statuses = pod().path("status").path("containerStatuses");
    assertThat(statuses).hasSize(2).allMatch(status -> status.path("ready").asBoolean());
    assertThat(statuses.get(1).path("state").has("running")).isTrue();
    String port = pod().path("metadata").path("annotations").path("bellows.dev/port").asText();
    assertThat(pod().path("metadata").path("annotations").path("bellows.dev/ports").asText())
        .isEqualTo("8080=" + port);
  }

  @Test
  void aPortThatIsTakenIsReplacedAndTheObjectSaysSo() throws Exception {
    try (ServerSocket taken = new ServerSocket()) {
      // The first pod of a network gets its first address.
      String first = network.podCidr().replace(".0.0/16", ".1.1");
      taken.bind(new InetSocketAddress(first, 8012));
      cluster.create(ResourceTypes.PODS, POD);
      awaitReady();
      String ports = pod().path("metadata").path("annotations").path("bellows.dev/ports").asText();
      assertThat(ports).matches("8012=\\d+,8080=\\d+");
      String ip = pod().path("status").path("podIP").asText();
      String moved = ports.substring("8012=".length(), ports.indexOf(','));
      assertThat(get(ip + ":" + moved)).contains("Answered by");
    }
  }

  @Test
  void aDeletedPodDrainsAndIsGone() {
    cluster.create(ResourceTypes.PODS, POD);
    awaitReady();
    ObjectNode pod = pod();
    cluster.registry.delete(
        ResourceTypes.PODS, "default", "hello-00001-deployment-x", DeleteOptions.DEFAULT);
    await().untilAsserted(() -> assertThat(cluster.pods()).isEmpty());
    // Events are written in order: with the last one all are there.
    cluster.events.record(pod, EventRecorder.Type.NORMAL, "Over", "It is over", "test");
    await().untilAsserted(() -> assertThat(eventReasons()).contains("Over"));
    assertThat(eventReasons()).contains("Killing").doesNotContain("FailedPreStopHook");
  }

  @Test
  void anEnvironmentThatIsNoQueueProxysIsToldAsAFailedStart() {
    cluster.create(ResourceTypes.PODS, POD.replace("CONTAINER_CONCURRENCY", "OTHER"));
    await()
        .untilAsserted(() ->
            assertThat(
                    pod()
                        .path("status")
                        .path("containerStatuses")
                        .path(1)
                        .path("lastState")
                        .path("terminated")
                        .path("message")
                        .asText())
                .contains("CONTAINER_CONCURRENCY"));
  }

  private List<String> eventReasons() {
    return cluster.list(ResourceTypes.EVENTS).stream()
        .map(event -> event.path("reason").asText())
        .toList();
  }
}
