package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.api.serving.Configuration;
import dev.bellows.api.serving.Revision;
import dev.bellows.api.serving.Route;
import dev.bellows.api.serving.Service;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.TreeSet;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
  @AutoClose private static Serving serving;

  @BeforeAll
  static void start() throws IOException {
    Command.require("python3");
    serving = Serving.start(directory.resolve("data"));
    serving.addProgram(PROGRAM);
    serving.addImage(
        MARK,
        "python3",
        "-c",
        "import os; open(os.environ['FILE'], 'w').write(os.environ['TEXT'])");
  }

  @Test
  void testHelloWorld() throws Exception {
    serving.createService("helloworld", HELLO, "env: [{name: TARGET, value: there}]");
    serving.awaitReady("helloworld");
    assertThat(serving.request(serving.url("helloworld"), "/").body()).isEqualTo("Hello there!\n");
    assertThat(revision("helloworld-00001").getMetadata().getLabels())
        .containsEntry("serving.knative.dev/configuration", "helloworld")
        .containsEntry("serving.knative.dev/service", "helloworld");
  }

  @Test
  void testMultipleNamespace() throws Exception {
    serving
        .client()
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName("serving-tests-alt")
                .endMetadata()
                .build())
        .create();
    for (String namespace : new String[] {"default", "serving-tests-alt"}) {
      serving
          .client()
          .resource(
              Serving.serviceManifest(
                  "same", HELLO, "env: [{name: TARGET, value: " + namespace + "}]"))
          .inNamespace(namespace)
          .create();
    }
    for (String namespace : new String[] {"default", "serving-tests-alt"}) {
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() ->
              assertThat(serving.request("http://same." + namespace + ".example.com", "/").body())
                  .isEqualTo("Hello " + namespace + "!\n"));
    }
  }

  @Test
  void testGradualRollout() {
    serving.createService("gradual", HELLO);
    serving.patch(
        Service.class,
        "gradual",
        "{\"metadata\":{\"annotations\":{\"serving.knative.dev/rollout-duration\":\"8s\"}}}");
    serving.awaitReady("gradual");
    serving.patch(
        Service.class,
        "gradual",
        "{\"spec\":{\"template\":{\"metadata\":{\"labels\":{\"version\":\"two\"}}}}}");
    // First one request in a hundred, then more and more, in the end all of them.
    TreeSet<Long> shares = new TreeSet<>();
    Awaitility.await()
        .atMost(Duration.ofSeconds(90))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> {
          var traffic = Objects.requireNonNull(serving.service("gradual").getStatus()).traffic();
          traffic.stream()
              .filter(target -> "gradual-00002".equals(target.revisionName()))
              .forEach(target -> shares.add(target.percent()));
          return shares.contains(100L);
        });
    assertThat(shares).hasSizeGreaterThanOrEqualTo(3).contains(1L);
    serving.awaitReady("gradual");
  }

  /** What a Pod is given; a process is not isolated by all of it. */
  @Test
  void testSecureDefaults() {
    try {
      serving.configure("config-features", "\"secure-pod-defaults\":\"AllowRootBounded\"");
      serving.createService("secured", HELLO);
      serving.awaitReady("secured");
      var security =
          revision("secured-00001")
              .getSpec()
              .podSpec()
              .getContainers()
              .getFirst()
              .getSecurityContext();
      assertThat(security.getAllowPrivilegeEscalation()).isFalse();
      assertThat(security.getCapabilities().getDrop()).containsExactly("ALL");
      assertThat(security.getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
      assertThat(security.getRunAsNonRoot()).isNull();
      serving.configure("config-features", "\"secure-pod-defaults\":\"Enabled\"");
      serving.createService("secured-more", HELLO);
      assertThat(
              serving
                  .service("secured-more")
                  .getSpec()
                  .template()
                  .spec()
                  .podSpec()
                  .getContainers()
                  .getFirst()
                  .getSecurityContext()
                  .getRunAsNonRoot())
          .isTrue();
    } finally {
      serving.configure("config-features", "\"secure-pod-defaults\":null");
    }
  }

  @Test
  void testUnsafePermitted() {
    try {
      serving.configure("config-features", "\"secure-pod-defaults\":\"Enabled\"");
      serving.createService(
          "permitted",
          HELLO,
          "securityContext: {allowPrivilegeEscalation: true, runAsNonRoot: false,"
              + " capabilities: {drop: []}, seccompProfile: {type: Unconfined}}");
      serving.awaitReady("permitted");
      var security =
          revision("permitted-00001")
              .getSpec()
              .podSpec()
              .getContainers()
              .getFirst()
              .getSecurityContext();
      assertThat(security.getAllowPrivilegeEscalation()).isTrue();
      assertThat(security.getRunAsNonRoot()).isFalse();
      assertThat(security.getSeccompProfile().getType()).isEqualTo("Unconfined");
    } finally {
      serving.configure("config-features", "\"secure-pod-defaults\":null");
    }
  }

  /** Before the answer has begun it is a 504; after that it can only be broken off. */
  @ParameterizedTest
  @CsvSource({
    "timeoutSeconds: 2, sleep",
    "'timeoutSeconds: 30, responseStartTimeoutSeconds: 2', sleep",
    "timeoutSeconds: 2, late",
    "'timeoutSeconds: 30, idleTimeoutSeconds: 2', late",
  })
  void testRevisionTimeout(String limits, String when) throws Exception {
    String name = "timeout-" + Integer.toHexString((limits + when).hashCode());
    serving.create(
        Serving.serviceManifest(name, PROGRAM)
            .replace(
                "      containers:",
                "      " + limits.replace(", ", "\n      ") + "\n      containers:"));
    serving.awaitReady(name);
    String url = serving.url(name);
    assertThat(serving.request(url, "/?%s=100".formatted(when)).statusCode()).isEqualTo(200);
    String tooLong = "/?%s=8000".formatted(when);
    if (when.equals("sleep")) {
      assertThat(serving.request(url, tooLong).statusCode()).isEqualTo(504);
    } else {
      assertThatThrownBy(() -> serving.request(url, tooLong))
          .isInstanceOf(IOException.class)
          .isNotInstanceOf(HttpTimeoutException.class);
    }
  }

  /**
   * Names are looked up before pods are made: nothing is pulled, and the reason is told at once.
   */
  @Test
  void testImagePullError() {
    String image = "conformance.test/missing@sha256:" + "deadbeef".repeat(8);
    serving.createService("pull", image);
    serving.awaitCondition(Service.class, "pull", "ConfigurationsReady", "False", "RevisionFailed");
    assertThat(
            serving
                .awaitCondition(Revision.class, "pull-00001", "Ready", "False", "ContainerMissing")
                .message())
        .contains(image);
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
      serving.configure("config-features", "\"multi-container\":\"Disabled\"");
      assertThatThrownBy(() ->
              serving.create(
                  Serving.serviceManifest("single", HELLO, "ports: [{containerPort: 8080}]")
                      + "      - image: dev.local/helloworld\n"))
          .isInstanceOf(KubernetesClientException.class)
          .hasMessageContaining("multi-container is off, but found 2 containers");
    } finally {
      serving.configure("config-features", "\"multi-container\":null");
    }
  }

  @Test
  void testServiceDryRunValidationWithInvalidPodSpec() {
    String valid = Serving.serviceManifest("tried", HELLO);
    // Knative's own rules let the name pass.
    String invalid = Serving.serviceManifest("tried", HELLO, "name: Not_A_Name");
    var client = serving.client();
    client.resource(valid).inNamespace("default").dryRun().create();
    assertThatThrownBy(() -> client.resource(invalid).inNamespace("default").dryRun().create())
        .isInstanceOf(KubernetesClientException.class)
        .hasMessageContaining("validation callback failed: dry run failed with")
        .hasMessageContaining("spec.containers[0].name");
    assertThat(serving.find(Service.class, "tried")).isEmpty();
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
      serving.configure("config-features", "\"kubernetes.podspec-init-containers\":\"Enabled\"");
      serving.create(manifest);
      serving.awaitReady("init");
    } finally {
      serving.configure("config-features", "\"kubernetes.podspec-init-containers\":null");
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
      serving.configure(
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
            assertThat(serving.pods("logged"))
                .extracting(EndToEndConformanceIT::requestLog)
                .anyMatch(log -> log.contains("{\"at\": \"/some/where\"}"));
          });
    } finally {
      serving.configure(
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
  void testSubrouteVisibilityPrivateToPublic() {
    serving.createService("inside", HELLO);
    serving.patch(
        Service.class,
        "inside",
        "{\"metadata\":{\"labels\":{\"networking.knative.dev/visibility\":\"cluster-local\"}},"
            + "\"spec\":{\"traffic\":[{\"latestRevision\":true,\"percent\":100},"
            + "{\"latestRevision\":true,\"percent\":0,\"tag\":\"inner\"}]}}");
    serving.awaitReady("inside");
    urlOfTagBecomes("inside", "inner-inside.default.svc.cluster.local");
    serving.patch(
        Service.class,
        "inside",
        "{\"metadata\":{\"labels\":{\"networking.knative.dev/visibility\":null}}}");
    urlOfTagBecomes("inside", "inner-inside.default.example.com");
    label("inside", "\"cluster-local\"");
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(Serving.host(serving.url("inside")))
                .isEqualTo("inside.default.svc.cluster.local"));
    urlOfTagBecomes("inside", "inner-inside.default.example.com");
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
        .until(() -> serving.pods("available").stream().filter(Serving::isReady).count() == 2);
    OpenLoad prober =
        OpenLoad.start(serving.bellows().gateway(), Serving.host(serving.url("available")), 50);
    try (prober) {
      for (Pod pod : serving.pods("available")) {
        serving.client().resource(pod).delete();
        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .until(() ->
                serving.pods("available").stream().noneMatch(each -> name(each).equals(name(pod)))
                    && serving.pods("available").stream().filter(Serving::isReady).count() == 2);
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

  private static Revision revision(String name) {
    return serving.get(Revision.class, name);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
