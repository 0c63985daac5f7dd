package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.api.serving.Configuration;
import dev.bellows.api.serving.DomainMapping;
import dev.bellows.api.serving.Revision;
import dev.bellows.api.serving.Route;
import dev.bellows.api.serving.Service;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What holds from end to end, with the names and the checks of the original's e2e and ha tests.
 * docs/conformance.md has the whole list.
 */
@BesideOthers
class EndToEndConformanceIT {
  private static final String HELLO = "dev.local/helloworld";
  private static final String PROGRAM = "conformance.test/program";
  private static final String MARK = "conformance.test/mark";

  @TempDir static Path directory;
  private static BellowsProcess bellows;
  private static Serving serving;

  @BeforeAll
  static void start() throws IOException {
    Command.require("python3");
    bellows = BellowsProcess.start(directory.resolve("data"));
    serving = new Serving(bellows);
    serving.addProgram(PROGRAM);
    bellows
        .bellows(
            "image",
            "add",
            MARK,
            "--",
            "python3",
            "-c",
            "import os; open(os.environ['FILE'], 'w').write(os.environ['TEXT'])")
        .succeeded();
  }

  @AfterAll
  static void stop() {
    if (bellows != null) {
      serving.close();
      bellows.close();
    }
  }

  @Test
  void testServiceCreateWithMultipleContainers() throws Exception {
    int port = freePort();
    serving.create(
        """
        apiVersion: serving.knative.dev/v1
        kind: Service
        metadata: {name: multi}
        spec:
          template:
            spec:
              containers:
              - image: %s
                name: serving
                ports: [{containerPort: 8881}]
                env: [{name: TARGET, value: front}]
              - image: %s
                name: sidecar
                env: [{name: LISTEN, value: "%d"}, {name: TARGET, value: side}]
        """
            .formatted(PROGRAM, PROGRAM, port));
    serving.awaitReady("multi");
    // Nobody has asked the sidecar whether it listens yet.
    String url = serving.url("multi");
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> serving.request(url, "/?ask=" + port).statusCode() == 200);
    JsonNode answer = Serving.json(serving.request(url, "/?ask=" + port).body());
    assertThat(answer.path("greeting").asText()).isEqualTo("front");
    JsonNode asked = Serving.json(answer.path("asked").asText());
    assertThat(asked.path("greeting").asText()).isEqualTo("side");
    assertThat(asked.path("environment").path("K_REVISION").asText()).isEqualTo("multi-00001");
    // Only the one that serves is told a port.
    assertThat(asked.path("environment").has("PORT")).isFalse();
    assertThat(Objects.requireNonNull(revision("multi-00001").getStatus()).containerStatuses())
        .extracting(status -> status.name())
        .containsExactly("serving", "sidecar");
  }

  @Test
  void testMultiContainerIsRefusedWhereItIsOff() {
    try {
      configure("config-features", "\"multi-container\":\"Disabled\"");
      assertThatThrownBy(() ->
              serving.create(
                  Serving.serviceManifest("single", HELLO, "ports: [{containerPort: 8080}]")
                      + "      - image: dev.local/helloworld\n"))
          .isInstanceOf(KubernetesClientException.class)
          .hasMessageContaining("multi-container is off, but found 2 containers");
    } finally {
      configure("config-features", "\"multi-container\":null");
    }
  }

  @Test
  void testInitContainers() throws Exception {
    Path file = directory.resolve("initialised");
    String manifest =
        Serving.serviceManifest("init", PROGRAM, "env: [{name: SHOW, value: " + file + "}]")
            .replace(
                "      containers:",
                "      initContainers:\n      - image: %s\n        env: [{name: FILE, value: %s},"
                        .formatted(MARK, file)
                    + " {name: TEXT, value: before}]\n      containers:");
    assertThatThrownBy(() -> serving.create(manifest))
        .isInstanceOf(KubernetesClientException.class)
        .hasMessageContaining("must not set the field(s): spec.template.spec.initContainers");
    try {
      configure("config-features", "\"kubernetes.podspec-init-containers\":\"Enabled\"");
      serving.create(manifest);
      serving.awaitReady("init");
    } finally {
      configure("config-features", "\"kubernetes.podspec-init-containers\":null");
    }
    assertThat(Files.readString(file)).isEqualTo("before");
    JsonNode answer = Serving.json(serving.request(serving.url("init"), "/").body());
    assertThat(answer.path("shown").asText()).as("what was there at start").isEqualTo("before");
    assertThat(Objects.requireNonNull(revision("init-00001").getStatus()).initContainerStatuses())
        .extracting(status -> status.name())
        .containsExactly("init-container");
  }

  @Test
  void testResourceQuotaError() {
    serving
        .client()
        .resource(
            new NamespaceBuilder().withNewMetadata().withName("rq-test").endMetadata().build())
        .create();
    serving
        .client()
        .resource(
            """
            apiVersion: v1
            kind: ResourceQuota
            metadata: {name: few, namespace: rq-test}
            spec: {hard: {requests.cpu: 50m}}
            """)
        .create();
    serving
        .client()
        .resource(Serving.serviceManifest("greedy", HELLO, "resources: {requests: {cpu: 500m}}"))
        .inNamespace("rq-test")
        .create();
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> {
          var revision =
              serving
                  .client()
                  .resources(Revision.class)
                  .inNamespace("rq-test")
                  .withName("greedy-00001")
                  .get();
          assertThat(revision).isNotNull();
          assertThat(revision.getStatus()).isNotNull();
          var available =
              Objects.requireNonNull(revision.getStatus()).condition("ResourcesAvailable");
          assertThat(available).isPresent();
          assertThat(available.get().status()).isEqualTo("False");
          assertThat(available.get().reason()).isEqualTo("FailedCreate");
          assertThat(available.get().message()).contains("forbidden: exceeded quota: few");
        });
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> {
          var service =
              serving
                  .client()
                  .resources(Service.class)
                  .inNamespace("rq-test")
                  .withName("greedy")
                  .get();
          assertThat(service.getStatus()).isNotNull();
          var ready = Objects.requireNonNull(service.getStatus()).condition("ConfigurationsReady");
          assertThat(ready).isPresent();
          assertThat(ready.get().reason()).isEqualTo("RevisionFailed");
          assertThat(ready.get().message()).contains("exceeded quota");
        });
  }

  @Test
  void testRequestLogs() throws Exception {
    try {
      configure(
          "config-observability",
          "\"logging.enable-request-log\":\"true\","
              + "\"logging.request-log-template\":\"{\\\"at\\\": \\\"{{.Request.URL.Path}}\\\"}\"");
      serving.createService("logged", HELLO);
      serving.awaitReady("logged");
      // A pod that was made before the edit was seen gives way to another.
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() -> {
            assertThat(serving.request(serving.url("logged"), "/some/where").statusCode())
                .isEqualTo(200);
            assertThat(pods("logged"))
                .extracting(EndToEndConformanceIT::requestLog)
                .anyMatch(log -> log.contains("{\"at\": \"/some/where\"}"));
          });
    } finally {
      configure(
          "config-observability",
          "\"logging.enable-request-log\":null,\"logging.request-log-template\":null");
    }
  }

  @Test
  void testSubrouteVisibilityPublicToPrivate() {
    serving.createService("subroute", HELLO);
    serving.patch(
        Service.class,
        "subroute",
        "{\"spec\":{\"traffic\":[{\"latestRevision\":true,\"percent\":100},"
            + "{\"latestRevision\":true,\"percent\":0,\"tag\":\"inner\"}]}}");
    serving.awaitReady("subroute");
    urlOfTagBecomes("subroute", "inner-subroute.default.example.com");
    label("inner-subroute", "\"cluster-local\"");
    urlOfTagBecomes("subroute", "inner-subroute.default.svc.cluster.local");
    assertThat(Serving.host(serving.url("subroute"))).isEqualTo("subroute.default.example.com");
    label("inner-subroute", "null");
    urlOfTagBecomes("subroute", "inner-subroute.default.example.com");
  }

  @Test
  void testDomainMappingWebsocket() throws Exception {
    bellows
        .bellows(
            "image",
            "add",
            "conformance.test/wsserver",
            "--",
            "python3",
            Path.of(
                    Objects.requireNonNull(EndToEndConformanceIT.class.getResource("wsserver.py"))
                        .toURI())
                .toString())
        .succeeded();
    serving.createService("socket", "conformance.test/wsserver");
    serving.awaitReady("socket");
    serving.create(
        """
        apiVersion: serving.knative.dev/v1beta1
        kind: DomainMapping
        metadata: {name: socket.example.org}
        spec: {ref: {kind: Service, apiVersion: serving.knative.dev/v1, name: socket}}
        """);
    serving.awaitReady(DomainMapping.class, "socket.example.org");
    CompletableFuture<String> echo = new CompletableFuture<>();
    try (HttpClient client = HttpClient.newHttpClient()) {
      WebSocket socket =
          client
              .newWebSocketBuilder()
              .header("Host", "socket.example.org")
              .buildAsync(
                  URI.create("ws://127.0.0.1:" + bellows.gateway().getPort() + "/"), new Echo(echo))
              .get(30, TimeUnit.SECONDS);
      socket.sendText("Hello, websocket", true).get(30, TimeUnit.SECONDS);
      assertThat(echo.get(30, TimeUnit.SECONDS)).isEqualTo("Hello, websocket");
      socket.sendClose(WebSocket.NORMAL_CLOSURE, "").get(30, TimeUnit.SECONDS);
      client.shutdownNow();
    }
  }

  private record Echo(CompletableFuture<String> first) implements WebSocket.Listener {
    @Override
    public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence text, boolean last) {
      first.complete(text.toString());
      socket.request(1);
      return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
      first.completeExceptionally(error);
    }
  }

  @Test
  void testWorkloadHA() throws Exception {
    serving.create(
        Serving.serviceManifest("available", HELLO)
            .replace(
                "template:\n",
                "template:\n    metadata: {annotations: {autoscaling.knative.dev/min-scale: \"2\","
                    + " autoscaling.knative.dev/target-burst-capacity: \"0\"}}\n"));
    serving.awaitReady("available");
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> pods("available").stream().filter(EndToEndConformanceIT::isReady).count() == 2);
    OpenLoad prober = OpenLoad.start(bellows.gateway(), Serving.host(serving.url("available")), 50);
    try (prober) {
      for (Pod pod : pods("available")) {
        serving.client().resource(pod).delete();
        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .until(() ->
                pods("available").stream().noneMatch(each -> name(each).equals(name(pod)))
                    && pods("available").stream().filter(EndToEndConformanceIT::isReady).count()
                        == 2);
      }
    }
    assertThat(prober.failures()).isEmpty();
  }

  private static void urlOfTagBecomes(String service, String host) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> {
          assertThat(serving.get(Route.class, service).getStatus()).isNotNull();
          var status = Objects.requireNonNull(serving.get(Route.class, service).getStatus());
          assertThat(status.traffic())
              .filteredOn(target -> "inner".equals(target.tag()))
              .extracting(target -> Serving.host(target.url()))
              .containsExactly(host);
          assertThat(status.isTrue("Ready")).isTrue();
        });
    assertThat(
            Objects.requireNonNull(serving.get(Configuration.class, service).getStatus())
                .latestReadyRevisionName())
        .isEqualTo(service + "-00001");
  }

  private static void label(String placeholder, String visibility) {
    serving.patch(
        io.fabric8.kubernetes.api.model.Service.class,
        placeholder,
        "{\"metadata\":{\"labels\":{\"networking.knative.dev/visibility\":" + visibility + "}}}");
  }

  private static List<Pod> pods(String service) {
    return serving
        .client()
        .pods()
        .inNamespace("default")
        .withLabel("serving.knative.dev/service", service)
        .list()
        .getItems();
  }

  private static String requestLog(Pod pod) {
    return serving
        .client()
        .pods()
        .inNamespace("default")
        .withName(name(pod))
        .inContainer("queue-proxy")
        .getLog();
  }

  private static String name(Pod pod) {
    return pod.getMetadata().getName();
  }

  private static boolean isReady(Pod pod) {
    return pod.getMetadata().getDeletionTimestamp() == null
        && pod.getStatus().getConditions().stream()
            .anyMatch(each -> each.getType().equals("Ready") && each.getStatus().equals("True"));
  }

  private static Revision revision(String name) {
    return serving.get(Revision.class, name);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static void configure(String map, String data) {
    serving
        .client()
        .resources(ConfigMap.class)
        .inNamespace("knative-serving")
        .withName(map)
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"data\":{" + data + "}}");
  }
}
