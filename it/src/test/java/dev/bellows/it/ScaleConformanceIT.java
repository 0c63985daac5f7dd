package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.api.networking.ServerlessService;
import dev.bellows.api.serving.Revision;
import dev.bellows.api.serving.Service;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * How many pods there are, with the names and the checks of the original's e2e tests, with the
 * shortest window that there is and loads of seconds. docs/conformance.md has the whole list.
 */
@BesideOthers
@Execution(ExecutionMode.CONCURRENT)
class ScaleConformanceIT {
  private static final String AUTOSCALE = "dev.local/autoscale";
  private static final String SHORT_WINDOW = "6s";

  /** At half a second each, 20 requests at once. */
  private static final int PER_SECOND = 40;

  private static final String HALF_A_SECOND = "/?sleep=500";

  @TempDir static Path directory;
  @AutoClose private static Serving serving;

  @BeforeAll
  static void start() throws IOException {
    serving = Serving.start(directory.resolve("data"));
    serving.configure("config-autoscaler", "\"allow-zero-initial-scale\":\"true\"");
  }

  @Test
  void testAutoscaleUpDownUp() {
    scaled("up-down-up", "target", "10", "target-utilization-percentage", "70");
    upTo(2, "up-down-up");
    within().until(() -> serving.readyPods("up-down-up-00001") == 0);
    upTo(2, "up-down-up");
  }

  @Test
  void testAutoscaleUpCountPods() {
    scaled("count", "target", "5", "target-utilization-percentage", "100");
    upTo(4, "count");
  }

  @Test
  void testAutoscaleSustaining() {
    scaled("sustained", "target", "5", "target-utilization-percentage", "100");
    OpenLoad load = load("sustained", PER_SECOND);
    try (load) {
      within().until(() -> serving.readyPods("sustained-00001") >= 4);
      // Two windows long: what the first load asked for has left the windows.
      Awaitility.await()
          .during(Duration.ofSeconds(12))
          .atMost(Duration.ofSeconds(60))
          .until(() -> serving.readyPods("sustained-00001") >= 3);
    }
    assertThat(load.failures()).isEmpty();
  }

  @Test
  void testRPSBasedAutoscaleUpCountPods() {
    scaled(
        "rate",
        "metric",
        "rps",
        "target",
        "10",
        "target-utilization-percentage",
        "100",
        "panic-threshold-percentage",
        "1000");
    OpenLoad load = load("rate", PER_SECOND);
    try (load) {
      within().until(() -> serving.readyPods("rate-00001") >= 4);
    }
    assertThat(load.failures()).isEmpty();
  }

  @Test
  void testFastScaleToZero() throws Exception {
    scaled("fast");
    within().until(() -> serving.readyPods("fast-00001") == 0);
    within().until(() -> mode("fast-00001").equals("Proxy"));
    assertThat(serving.request(serving.url("fast"), "/").statusCode()).isEqualTo(200);
  }

  @Test
  void testActivationScale() throws Exception {
    scaled("activated", "initial-scale", "0", "activation-scale", "3");
    assertThat(serving.pods("activated")).isEmpty();
    assertThat(serving.request(serving.url("activated"), "/").statusCode()).isEqualTo(200);
    within().until(() -> serving.readyPods("activated-00001") == 3);
  }

  @Test
  void testActivatorOverload() throws Exception {
    serving.create(
        Serving.scaled(
            Serving.serviceManifest("overload", AUTOSCALE)
                .replace("      containers:", "      containerConcurrency: 10\n      containers:"),
            "initial-scale",
            "0",
            "max-scale",
            "4"));
    serving.awaitReady("overload");
    OpenLoad load = load("overload", 100);
    try (load) {
      within().until(() -> load.sent() >= 300);
    }
    assertThat(load.failures()).isEmpty();
  }

  @Test
  void testTargetBurstCapacity() {
    burstCapacity("burst", "7");
    within().until(() -> mode("burst-00001").equals("Serve"));
    OpenLoad load = load("burst", PER_SECOND);
    try (load) {
      within().until(() -> mode("burst-00001").equals("Proxy"));
    }
    within().until(() -> mode("burst-00001").equals("Serve"));
    assertThat(load.failures()).isEmpty();
  }

  @Test
  void testTargetBurstCapacityMinusOne() throws Exception {
    burstCapacity("burst-always", "-1");
    assertThat(mode("burst-always-00001")).isEqualTo("Proxy");
    within()
        .untilAsserted(() ->
            assertThat(slice("burst-always-00001"))
                .isNotEmpty()
                .doesNotContainAnyElementsOf(addressesOfPods("burst-always")));
    assertThat(serving.request(serving.url("burst-always"), "/").statusCode()).isEqualTo(200);
  }

  @Test
  void testTargetBurstCapacityZero() throws Exception {
    burstCapacity("burst-never", "0");
    within().until(() -> mode("burst-never-00001").equals("Serve"));
    within()
        .untilAsserted(() ->
            assertThat(slice("burst-never-00001"))
                .isNotEmpty()
                .isEqualTo(addressesOfPods("burst-never")));
    assertThat(serving.request(serving.url("burst-never"), "/").statusCode()).isEqualTo(200);
  }

  @Test
  void testInitScaleZero() {
    scaled("init-zero", "initial-scale", "0");
    assertThat(serving.pods("init-zero")).isEmpty();
    assertThat(serving.get(Deployment.class, "init-zero-00001-deployment").getSpec().getReplicas())
        .isZero();
  }

  @Test
  void testInitScalePositive() {
    scaled("init-three", "initial-scale", "3");
    // Ready only once as many were.
    assertThat(serving.get(Revision.class, "init-three-00001").getStatus())
        .matches(status -> status.isTrue("Ready"));
    assertThat(serving.pods("init-three")).hasSizeGreaterThanOrEqualTo(3);
    within().until(() -> serving.readyPods("init-three-00001") == 0);
  }

  @Test
  void testMinScale() {
    scaled("least", "min-scale", "2");
    assertThat(serving.readyPods("least-00001")).isEqualTo(2);
    retarget("least", "other");
    serving.awaitReady("least");
    assertThat(serving.readyPods("least-00002")).isEqualTo(2);
    // Nobody is led to the first any more: its bound does not hold it.
    within().until(() -> serving.readyPods("least-00001") == 0);
    assertThat(serving.readyPods("least-00002")).isEqualTo(2);
    serving.delete(Service.class, "least");
    within().until(() -> serving.pods("least").isEmpty());
  }

  @Test
  void testMinScaleAnnotationChange() {
    scaled("changed", "min-scale", "1");
    minScale("changed-00001", "3");
    within().until(() -> serving.readyPods("changed-00001") == 3);
    minScale("changed-00001", "1");
    within().until(() -> serving.readyPods("changed-00001") == 1);
    assertThat(serving.find(Revision.class, "changed-00002")).isEmpty();
  }

  @Test
  void testMinScaleTransition() throws IOException {
    Path marks = Files.createDirectory(directory.resolve("marks"));
    scaled("transition", "min-scale", "2");
    serving.patch(
        Service.class,
        "transition",
        """
        {"spec":{"template":{"spec":{"containers":[{"image":"%s",
          "readinessProbe":{"periodSeconds":1,
            "exec":{"command":["sh","-c","test -e %s/$HOSTNAME"]}}}]}}}}
        """
            .formatted(AUTOSCALE, marks));
    within().until(() -> podsOf("transition-00002").size() == 2);
    Files.createFile(marks.resolve(podsOf("transition-00002").getFirst()));
    within().until(() -> serving.readyPods("transition-00002") == 1);
    // One of two does not do: the former keeps all of its own, and the traffic.
    Awaitility.await()
        .during(Duration.ofSeconds(3))
        .atMost(Duration.ofSeconds(30))
        .until(() ->
            serving.readyPods("transition-00001") == 2
                && latestReady("transition").equals("transition-00001"));
    for (String pod : podsOf("transition-00002")) {
      Path mark = marks.resolve(pod);
      if (!Files.exists(mark)) {
        Files.createFile(mark);
      }
    }
    serving.awaitReady("transition");
    assertThat(latestReady("transition")).isEqualTo("transition-00002");
    assertThat(serving.readyPods("transition-00002")).isEqualTo(2);
    within().until(() -> serving.readyPods("transition-00001") == 0);
  }

  /** A Service with the short window and further settings; returns once it is Ready. */
  private static void scaled(String name, String... settings) {
    String[] all = Arrays.copyOf(settings, settings.length + 2);
    all[settings.length] = "window";
    all[settings.length + 1] = SHORT_WINDOW;
    serving.create(Serving.scaled(Serving.serviceManifest(name, AUTOSCALE), all));
    serving.awaitReady(name);
  }

  /** One pod, that takes ten at once. */
  private static void burstCapacity(String name, String capacity) {
    scaled(
        name,
        "min-scale",
        "1",
        "max-scale",
        "1",
        "target",
        "10",
        "target-utilization-percentage",
        "100",
        // Of the shortest window a tenth is the current second, which has no report yet if scrapes
        // happen to come later in a second than decisions.
        "panic-window-percentage",
        "50",
        "target-burst-capacity",
        capacity);
  }

  /** Loads a Service until it has so many pods; no request fails. */
  private static void upTo(int pods, String name) {
    OpenLoad load = load(name, PER_SECOND);
    try (load) {
      within().until(() -> serving.readyPods(name + "-00001") >= pods);
    }
    assertThat(load.failures()).isEmpty();
  }

  private static OpenLoad load(String name, int perSecond) {
    URI gateway = serving.bellows().gateway().resolve(HALF_A_SECOND);
    return OpenLoad.start(gateway, Serving.host(serving.url(name)), perSecond);
  }

  private static void retarget(String name, String target) {
    serving.patch(
        Service.class,
        name,
        """
        {"spec":{"template":{"spec":{"containers":[{"image":"%s",
          "env":[{"name":"TARGET","value":"%s"}]}]}}}}
        """
            .formatted(AUTOSCALE, target));
  }

  private static void minScale(String revision, String value) {
    serving.patch(
        Revision.class,
        revision,
        "{\"metadata\":{\"annotations\":{\"autoscaling.knative.dev/min-scale\":\"%s\"}}}"
            .formatted(value));
  }

  private static String mode(String revision) {
    var spec = serving.find(ServerlessService.class, revision).map(ServerlessService::getSpec);
    return spec.map(each -> Objects.requireNonNullElse(each.mode(), "")).orElse("");
  }

  /** Where the public Service of a Revision leads, as EndpointSlices tell. */
  private static List<String> slice(String revision) {
    return serving
        .client()
        .discovery()
        .v1()
        .endpointSlices()
        .inNamespace("default")
        .withLabel("kubernetes.io/service-name", revision)
        .list()
        .getItems()
        .stream()
        .flatMap(slice -> slice.getEndpoints().stream())
        .flatMap(endpoint -> endpoint.getAddresses().stream())
        .toList();
  }

  private static List<String> addressesOfPods(String service) {
    return serving.pods(service).stream().map(pod -> pod.getStatus().getPodIP()).toList();
  }

  private static List<String> podsOf(String revision) {
    return serving.pods(revision.substring(0, revision.lastIndexOf('-'))).stream()
        .map(Pod::getMetadata)
        .filter(pod -> revision.equals(pod.getLabels().get("serving.knative.dev/revision")))
        .map(pod -> pod.getName())
        .toList();
  }

  private static String latestReady(String name) {
    return Objects.requireNonNull(
        Objects.requireNonNull(serving.service(name).getStatus()).latestReadyRevisionName());
  }

  private static ConditionFactory within() {
    return Awaitility.await().atMost(Duration.ofMinutes(2)).pollInterval(Duration.ofMillis(200));
  }
}
