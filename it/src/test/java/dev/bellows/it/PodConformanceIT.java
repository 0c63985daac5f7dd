package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.api.serving.Service;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whether a pod is alive and ready, and how it ends, with the names and the checks of the
 * original's tests (runtime, e2e). docs/conformance.md has the whole list.
 */
@BesideOthers
@Execution(ExecutionMode.CONCURRENT)
class PodConformanceIT {
  private static final String PROBES = "conformance.test/probes";
  private static final String IDS = "conformance.test/ids";
  private static final String HTTP = "httpGet: {path: /healthz}";
  private static final String EXEC = "exec: {command: [python3, %s, probe]}";

  @TempDir static Path directory;
  @AutoClose private static Serving serving;

  @BeforeAll
  static void start() throws Exception {
    Command.require("python3");
    serving = Serving.start(directory.resolve("data"));
    serving.addProgram(PROBES, "probes.py");
    serving.addImage(IDS, "python3", OneProcess.PROGRAM.toString());
    serving.configure("config-features", "\"multi-container-probing\":\"Enabled\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {HTTP, "tcpSocket: {}", EXEC})
  void testProbeRuntime(String handler) throws Exception {
    String name = name("probed", handler);
    serving.createService(name, PROBES, "env: [{name: LATE, value: \"1\"}]", readiness(handler));
    serving.awaitReady(name);
    assertThat(serving.request(serving.url(name), "/").statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {HTTP, EXEC})
  void testProbeRuntimeAfterStartup(String handler) throws Exception {
    String name = name("later", handler);
    serving.create(
        Serving.scaled(
            Serving.serviceManifest(name, PROBES, readiness(handler)), "min-scale", "1"));
    serving.awaitReady(name);
    assertThat(serving.request(serving.url(name), "/start-failing").statusCode()).isEqualTo(200);
    within()
        .untilAsserted(() -> assertThat(serving.pods(name)).hasSize(1).noneMatch(Serving::isReady));
    assertThat(restarts(name)).as("nobody asked whether it is alive").isZero();
  }

  @Test
  void testLivenessWithFail() throws Exception {
    serving.create(
        Serving.scaled(
            Serving.serviceManifest("alive", PROBES, probe("liveness", HTTP)), "min-scale", "1"));
    serving.awaitReady("alive");
    assertThat(restarts("alive")).isZero();
    assertThat(serving.request(serving.url("alive"), "/start-failing").statusCode()).isEqualTo(200);
    within().until(() -> restarts("alive") == 1);
    within().until(() -> serving.request(serving.url("alive"), "/healthz").statusCode() == 200);
  }

  @Test
  void testLivenessProbeAwareOfStartupProbe() throws Exception {
    serving.create(
        Serving.scaled(
            Serving.serviceManifest(
                "patient",
                PROBES,
                "env: [{name: LATE, value: \"4\"}]",
                // Alone it would end the program three seconds after its start.
                probe("liveness", HTTP),
                "startupProbe: {periodSeconds: 1, failureThreshold: 60,"
                    + " httpGet: {path: /healthz, port: 8080}}"),
            "min-scale",
            "1"));
    serving.awaitReady("patient");
    assertThat(restarts("patient")).isZero();
  }

  @Test
  void testReadinessAlternatePort() throws Exception {
    int port = freePort();
    serving.createService(
        "alternate",
        PROBES,
        "env: [{name: HEALTH, value: \"" + port + "\"}]",
        readiness("httpGet: {path: /healthz, port: " + port + "}"));
    serving.awaitReady("alternate");
    // At its own port it would not have been called healthy.
    assertThat(serving.request(serving.url("alternate"), "/healthz").statusCode()).isEqualTo(503);
  }

  @Test
  void testReadinessPathAndQuery() throws Exception {
    serving.createService("query", PROBES, readiness("httpGet: {path: /query?probe=ok}"));
    serving.awaitReady("query");
    assertThat(serving.request(serving.url("query"), "/query").statusCode()).isEqualTo(404);
  }

  @ParameterizedTest
  @ValueSource(strings = {"httpGet: {path: /healthz, port: %s}", "tcpSocket: {port: %s}"})
  void testMultiContainerReadiness(String sidecar) throws Exception {
    int port = freePort();
    String name = name("both", sidecar);
    serving.create(
        Serving.scaled(
            Serving.serviceManifest(
                    name,
                    PROBES,
                    "name: serving",
                    "ports: [{containerPort: 8080}]",
                    readiness(HTTP))
                + """
                      - image: %s
                        name: sidecar
                        env: [{name: LISTEN, value: "%d"}, {name: LATE, value: "3"}]
                        readinessProbe: {periodSeconds: 1, %s}
                """
                    .formatted(PROBES, port, sidecar.formatted(port)),
            "min-scale",
            "1"));
    serving.awaitReady(name);
    // Listening is what the sidecar does last: it was waited for.
    ask(port, "/start-failing");
    if (sidecar.startsWith("httpGet")) {
      within()
          .untilAsserted(
              () -> assertThat(serving.pods(name)).hasSize(1).noneMatch(Serving::isReady));
    }
  }

  @Test
  void testMultiContainerLiveness() throws Exception {
    int port = freePort();
    serving.create(
        Serving.scaled(
            Serving.serviceManifest(
                    "both-alive", PROBES, "name: serving", "ports: [{containerPort: 8080}]")
                + """
                      - image: %s
                        name: sidecar
                        env: [{name: LISTEN, value: "%d"}]
                        livenessProbe: {periodSeconds: 1, httpGet: {path: /healthz, port: %d}}
                """
                    .formatted(PROBES, port, port),
            "min-scale",
            "1"));
    serving.awaitReady("both-alive");
    within().until(() -> answers(port));
    ask(port, "/start-failing");
    within()
        .untilAsserted(() -> {
          assertThat(status("both-alive", "sidecar").getRestartCount()).isEqualTo(1);
          assertThat(status("both-alive", "serving").getRestartCount()).isZero();
        });
  }

  @Test
  void testDestroyPodInflight() {
    serving.createService("inflight", IDS);
    serving.awaitReady("inflight");
    String url = serving.url("inflight");
    CompletableFuture<Integer> answer = asked("inflight", url, 1);
    serving.delete(Service.class, "inflight");
    within().until(() -> serving.find(Service.class, "inflight").isEmpty());
    assertThat(answer.join()).isEqualTo(200);
    within().until(() -> serving.pods("inflight").isEmpty());
  }

  @Test
  void testDestroyPodTimely() {
    serving.create(Serving.scaled(Serving.serviceManifest("timely", IDS), "min-scale", "1"));
    serving.awaitReady("timely");
    Pod pod = serving.pods("timely").getFirst();
    assertThat(pod.getSpec().getTerminationGracePeriodSeconds()).isEqualTo(300);
    serving.client().resource(pod).delete();
    // It has no request: nobody waits for its grace period.
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> serving.client().resource(pod).get() == null);
  }

  @Test
  void testDestroyPodWithRequests() {
    serving.create(Serving.scaled(Serving.serviceManifest("loaded", IDS), "min-scale", "1"));
    serving.awaitReady("loaded");
    Pod pod = serving.pods("loaded").getFirst();
    String url = serving.url("loaded");
    List<CompletableFuture<Integer>> answers =
        IntStream.range(0, 10).mapToObj(id -> asked("loaded", url, id)).toList();
    serving.client().resource(pod).delete();
    assertThat(answers).allSatisfy(each -> assertThat(each.join()).isEqualTo(200));
    within().until(() -> serving.client().resource(pod).get() == null);
  }

  /** A request that takes seconds, once the program has it. */
  private static CompletableFuture<Integer> asked(String service, String url, int id) {
    CompletableFuture<Integer> answer =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return serving.request(url, "/?sleep=6&id=" + id).statusCode();
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
              }
            },
            task -> Thread.ofVirtual().start(task));
    within()
        .until(() ->
            serving
                .client()
                .pods()
                .inNamespace("default")
                .withName(serving.pods(service).getFirst().getMetadata().getName())
                .inContainer("user-container")
                .getLog()
                .contains("id " + id + "\n"));
    return answer;
  }

  private static String readiness(String handler) throws Exception {
    return probe("readiness", handler);
  }

  private static String probe(String kind, String handler) throws Exception {
    Path program = Path.of(Objects.requireNonNull(Serving.class.getResource("probes.py")).toURI());
    return "%sProbe: {periodSeconds: 1, %s}".formatted(kind, handler.formatted(program));
  }

  private static String name(String prefix, String handler) {
    return prefix + "-" + handler.substring(0, 3).toLowerCase(java.util.Locale.ROOT);
  }

  private static int restarts(String service) {
    return serving.pods(service).getFirst().getStatus().getContainerStatuses().stream()
        .mapToInt(ContainerStatus::getRestartCount)
        .sum();
  }

  private static ContainerStatus status(String service, String container) {
    return serving.pods(service).getFirst().getStatus().getContainerStatuses().stream()
        .filter(each -> each.getName().equals(container))
        .findFirst()
        .orElseThrow();
  }

  /** Asks a program of this machine, as a container of the same pod would. */
  private static void ask(int port, String path) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      client.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
              .version(HttpClient.Version.HTTP_1_1)
              .timeout(Duration.ofSeconds(30))
              .build(),
          HttpResponse.BodyHandlers.discarding());
    }
  }

  private static boolean answers(int port) {
    try (var socket = new java.net.Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static ConditionFactory within() {
    return Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .pollInterval(200, TimeUnit.MILLISECONDS);
  }
}
