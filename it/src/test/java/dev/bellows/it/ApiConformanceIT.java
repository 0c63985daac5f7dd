package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.bellows.api.networking.KIngress;
import dev.bellows.api.serving.Configuration;
import dev.bellows.api.serving.Revision;
import dev.bellows.api.serving.Route;
import dev.bellows.api.serving.Service;
import dev.bellows.api.serving.ServiceStatus;
import dev.bellows.api.serving.TrafficTarget;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a client of the Serving API may rely on, with the names and the checks of the original's
 * tests (api/v1, api/v1beta1, e2e). docs/conformance.md has the whole list.
 */
@BesideOthers
class ApiConformanceIT {
  private static final String HELLO = "dev.local/helloworld";
  private static final String PROGRAM = "conformance.test/program";
  private static final String FAILING = "conformance.test/failing";

  @TempDir static Path directory;
  @AutoClose private static Serving serving;

  @BeforeAll
  static void start() throws IOException {
    Command.require("python3");
    serving = Serving.start(directory.resolve("data"));
    serving.addProgram(PROGRAM);
    serving.addImage(FAILING, "python3", "-c", "import sys; sys.exit(5)");
  }

  @Test
  void testServiceCreateListAndDelete() {
    serving.createService("listed", HELLO);
    serving.awaitReady("listed");
    assertThat(serving.client().resources(Service.class).inNamespace("default").list().getItems())
        .extracting(each -> each.getMetadata().getName())
        .contains("listed");
    assertThat(serving.find(Configuration.class, "listed")).isPresent();
    assertThat(serving.find(Route.class, "listed")).isPresent();
    assertThat(serving.find(Revision.class, "listed-00001")).isPresent();
    serving.delete(Service.class, "listed");
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> {
          assertThat(serving.find(Service.class, "listed")).isEmpty();
          assertThat(serving.find(Configuration.class, "listed")).isEmpty();
          assertThat(serving.find(Route.class, "listed")).isEmpty();
          assertThat(serving.find(Revision.class, "listed-00001")).isEmpty();
          assertThat(serving.find(KIngress.class, "listed")).isEmpty();
        });
  }

  @Test
  void testServiceCreateAndUpdate() throws Exception {
    serving.createService("updated", HELLO, target("one"));
    serving.awaitReady("updated");
    assertThat(body("updated")).isEqualTo("Hello one!\n");
    OpenLoad prober =
        OpenLoad.start(serving.bellows().gateway(), Serving.host(serving.url("updated")), 20);
    try (prober) {
      retarget("updated", "two");
      serving.awaitReady("updated");
      assertThat(body("updated")).isEqualTo("Hello two!\n");
    }
    assertThat(prober.failures()).isEmpty();
    assertThat(status("updated").latestReadyRevisionName()).isEqualTo("updated-00002");
    serving.patch(
        Service.class,
        "updated",
        "{\"spec\":{\"template\":{\"metadata\":{\"labels\":{\"colour\":\"red\"}}}}}");
    serving.awaitReady("updated");
    assertThat(serving.get(Revision.class, "updated-00003").getMetadata().getLabels())
        .containsEntry("colour", "red");
  }

  @Test
  void testServiceBYOName() {
    serving.create(
        Serving.serviceManifest("byo", HELLO)
            .replace("template:\n", "template:\n    metadata: {name: byo-first}\n"));
    serving.awaitReady("byo");
    assertThat(status("byo").latestReadyRevisionName()).isEqualTo("byo-first");
    assertThatThrownBy(() -> retarget("byo", "other"))
        .isInstanceOf(KubernetesClientException.class)
        .hasMessageContaining("Saw the following changes without a name change");
  }

  @Test
  void testServiceWithTrafficSplit() throws Exception {
    serving.createService("split", HELLO, target("one"));
    serving.awaitReady("split");
    retarget("split", "two");
    serving.awaitReady("split");
    serving.patch(
        Service.class,
        "split",
        """
        {"spec":{"traffic":[
          {"tag":"current","revisionName":"split-00001","percent":50},
          {"tag":"candidate","revisionName":"split-00002","percent":50},
          {"tag":"latest","latestRevision":true,"percent":0}]}}
        """);
    serving.awaitReady("split");
    assertThat(status("split").traffic())
        .extracting(
            TrafficTarget::tag,
            TrafficTarget::revisionName,
            TrafficTarget::percent,
            TrafficTarget::latestRevision)
        .containsExactly(
            tuple("current", "split-00001", 50L, false),
            tuple("candidate", "split-00002", 50L, false),
            tuple("latest", "split-00002", 0L, true));
    for (TrafficTarget each : status("split").traffic()) {
      assertThat(serving.request(each.url(), "/").body())
          .isEqualTo("current".equals(each.tag()) ? "Hello one!\n" : "Hello two!\n");
    }
    assertThat(OpenLoad.tally(serving.bellows().gateway(), Serving.host(serving.url("split")), 200))
        .containsOnlyKeys("Hello one!", "Hello two!");
  }

  @Test
  void testRouteCreation() throws Exception {
    configurationAndRoute("made", "one");
    Route route = serving.awaitReady(Route.class, "made");
    String url = Objects.requireNonNull(route.getStatus()).url();
    assertThat(serving.request(url, "/").body()).isEqualTo("Hello one!\n");
    serving.patch(Configuration.class, "made", template("two"));
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(
            () -> assertThat(serving.request(url, "/").body()).isEqualTo("Hello two!\n"));
  }

  @Test
  void testBlueGreenRoute() throws Exception {
    configurationAndRoute("bluegreen", "blue");
    serving.awaitReady(Route.class, "bluegreen");
    serving.patch(Configuration.class, "bluegreen", template("green"));
    serving.awaitReady(Configuration.class, "bluegreen");
    serving.patch(
        Route.class,
        "bluegreen",
        """
        {"spec":{"traffic":[
          {"tag":"blue","revisionName":"bluegreen-00001","percent":50},
          {"tag":"green","revisionName":"bluegreen-00002","percent":50}]}}
        """);
    var status = Objects.requireNonNull(serving.awaitReady(Route.class, "bluegreen").getStatus());
    assertThat(serving.request(status.traffic().get(0).url(), "/").body())
        .isEqualTo("Hello blue!\n");
    assertThat(serving.request(status.traffic().get(1).url(), "/").body())
        .isEqualTo("Hello green!\n");
    Map<String, Long> tally =
        OpenLoad.tally(serving.bellows().gateway(), Serving.host(status.url()), 400);
    assertThat(tally).containsOnlyKeys("Hello blue!", "Hello green!");
    assertThat(tally.values()).allMatch(count -> count >= 100);
  }

  @Test
  void testUpdateConfigurationMetadata() {
    configurationAndRoute("metadata", "one");
    serving.awaitReady(Configuration.class, "metadata");
    serving.patch(
        Configuration.class,
        "metadata",
        "{\"metadata\":{\"labels\":{\"a\":\"b\"},\"annotations\":{\"c\":\"d\"}}}");
    serving.awaitReady(Configuration.class, "metadata");
    assertThat(
            Objects.requireNonNull(serving.get(Configuration.class, "metadata").getStatus())
                .latestCreatedRevisionName())
        .isEqualTo("metadata-00001");
    assertThat(serving.find(Revision.class, "metadata-00002")).isEmpty();
  }

  @Test
  void testConfigurationGetAndList() {
    configurationAndRoute("configured", "one");
    serving.awaitReady(Configuration.class, "configured");
    assertThat(serving.get(Configuration.class, "configured").getMetadata().getName())
        .isEqualTo("configured");
    assertThat(names(Configuration.class)).contains("configured");
  }

  @Test
  void testRouteGetAndList() {
    configurationAndRoute("routed", "one");
    serving.awaitReady(Route.class, "routed");
    assertThat(serving.route("routed").getMetadata().getName()).isEqualTo("routed");
    assertThat(names(Route.class)).contains("routed");
  }

  @Test
  void testRevisionGetAndList() {
    serving.createService("revised", HELLO);
    serving.awaitReady("revised");
    assertThat(serving.get(Revision.class, "revised-00001").getMetadata().getName())
        .isEqualTo("revised-00001");
    assertThat(names(Revision.class)).contains("revised-00001");
    assertThat(
            serving
                .client()
                .resources(Revision.class)
                .inNamespace("default")
                .withLabel("serving.knative.dev/configuration", "revised")
                .list()
                .getItems())
        .hasSize(1);
  }

  @Test
  void testLabelPropagation() {
    serving.createService("labelled", HELLO);
    serving.awaitReady("labelled");
    serving.patch(Service.class, "labelled", "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}");
    reaches(
        "labelled",
        child ->
            assertThat(child.getMetadata().getLabels())
                .containsEntry("a", "b")
                .containsEntry("serving.knative.dev/service", "labelled"));
    assertThat(serving.get(Revision.class, "labelled-00001").getMetadata().getLabels())
        .containsEntry("serving.knative.dev/configuration", "labelled")
        .containsEntry("serving.knative.dev/service", "labelled")
        .doesNotContainKey("a");
    serving.patch(Service.class, "labelled", "{\"metadata\":{\"labels\":{\"a\":null}}}");
    reaches(
        "labelled", child -> assertThat(child.getMetadata().getLabels()).doesNotContainKey("a"));
  }

  @Test
  void testAnnotationPropagation() {
    serving.createService("annotated", HELLO);
    serving.awaitReady("annotated");
    serving.patch(Service.class, "annotated", "{\"metadata\":{\"annotations\":{\"c\":\"d\"}}}");
    reaches(
        "annotated",
        child -> assertThat(child.getMetadata().getAnnotations()).containsEntry("c", "d"));
    serving.patch(Service.class, "annotated", "{\"metadata\":{\"annotations\":{\"c\":null}}}");
    reaches(
        "annotated",
        child -> assertThat(child.getMetadata().getAnnotations()).doesNotContainKey("c"));
  }

  /** Metadata raises no generation: that the Service is Ready does not tell that it has arrived. */
  private static void reaches(String service, Consumer<HasMetadata> what) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> {
          what.accept(serving.get(Configuration.class, service));
          what.accept(serving.get(Route.class, service));
        });
  }

  private static <T extends HasMetadata> List<String> names(Class<T> kind) {
    return serving.client().resources(kind).inNamespace("default").list().getItems().stream()
        .map(each -> each.getMetadata().getName())
        .toList();
  }

  @Test
  void testServiceAccountValidation() {
    String manifest =
        Serving.serviceManifest("account", HELLO)
            .replace("      containers:", "      serviceAccountName: not.Valid\n      containers:");
    assertThatThrownBy(() -> serving.create(manifest))
        .isInstanceOf(KubernetesClientException.class)
        .hasMessageContaining("spec.template.spec.serviceAccountName");
  }

  @Test
  void testServiceGenerateName() throws Exception {
    String manifest =
        Serving.serviceManifest("x", HELLO).replace("{name: x}", "{generateName: generated-}");
    String name =
        serving.client().resource(manifest).inNamespace("default").create().getMetadata().getName();
    assertThat(name).startsWith("generated-").hasSizeGreaterThan("generated-".length());
    serving.awaitReady(name);
    assertThat(body(name)).isEqualTo("Hello World!\n");
  }

  @Test
  void testRouteAndConfigGenerateName() throws Exception {
    String configuration =
        serving
            .client()
            .resource(
                Serving.serviceManifest("x", HELLO)
                    .replace("kind: Service", "kind: Configuration")
                    .replace("{name: x}", "{generateName: config-}"))
            .inNamespace("default")
            .create()
            .getMetadata()
            .getName();
    String route =
        serving
            .client()
            .resource(
                routeManifest("x", configuration).replace("{name: x}", "{generateName: route-}"))
            .inNamespace("default")
            .create()
            .getMetadata()
            .getName();
    assertThat(configuration).startsWith("config-");
    assertThat(route).startsWith("route-");
    Route ready = serving.awaitReady(Route.class, route);
    assertThat(serving.request(Objects.requireNonNull(ready.getStatus()).url(), "/").body())
        .isEqualTo("Hello World!\n");
  }

  @Test
  void testConflictingRouteService() {
    String foreign =
        """
        apiVersion: v1
        kind: Service
        metadata: {name: cool-conflicting}
        spec: {ports: [{port: 80}]}
        """;
    serving.create(foreign);
    serving.createService("conflicting", HELLO);
    serving.patch(
        Service.class,
        "conflicting",
        "{\"spec\":{\"traffic\":[{\"tag\":\"cool\",\"latestRevision\":true,\"percent\":100}]}}");
    var condition =
        serving.awaitCondition(Route.class, "conflicting", "IngressReady", "False", "NotOwned");
    assertThat(condition.message()).contains("\"cool-conflicting\"");
    serving.client().resource(foreign).inNamespace("default").delete();
    serving.awaitReady("conflicting");
  }

  @Test
  void testQueueSideCarResourceLimit() {
    serving.create(
        Serving.serviceManifest(
                "sidecar",
                HELLO,
                "resources: {requests: {cpu: 50m, memory: 128Mi}, limits: {cpu: 100m, memory:"
                    + " 258Mi}}")
            .replace(
                "template:\n",
                "template:\n    metadata: {annotations:"
                    + " {queue.sidecar.serving.knative.dev/resource-percentage: \"0.2\"}}\n"));
    serving.awaitReady("sidecar");
    var queueProxy =
        serving
            .client()
            .pods()
            .inNamespace("default")
            .withLabel("serving.knative.dev/service", "sidecar")
            .list()
            .getItems()
            .getFirst()
            .getSpec()
            .getContainers()
            .stream()
            .filter(container -> container.getName().equals("queue-proxy"))
            .findFirst()
            .orElseThrow();
    assertThat(queueProxy.getResources().getRequests())
        .containsEntry("cpu", new Quantity("25m"))
        .containsEntry("memory", new Quantity("50Mi"));
    assertThat(queueProxy.getResources().getLimits())
        .containsEntry("cpu", new Quantity("40m"))
        .containsEntry("memory", new Quantity("200Mi"));
  }

  @Test
  void testContainerErrorMsg() {
    serving.createService("missing", "conformance.test/missing");
    var configuration =
        serving.awaitCondition(Configuration.class, "missing", "Ready", "False", "RevisionFailed");
    assertThat(configuration.message()).contains("Unable to fetch image");
    serving.awaitCondition(Revision.class, "missing-00001", "Ready", "False", "ContainerMissing");
    serving.awaitCondition(Route.class, "missing", "Ready", "False", "RevisionMissing");
  }

  @Test
  void testContainerExitingMsg() {
    serving.createService("exiting", FAILING);
    serving.awaitCondition(
        Revision.class, "exiting-00001", "ContainerHealthy", "False", "ExitCode5");
    var configuration =
        serving.awaitCondition(Configuration.class, "exiting", "Ready", "False", "RevisionFailed");
    assertThat(configuration.message()).contains("Container failed with");
  }

  @Test
  void testRevisionTimeout() throws Exception {
    serving.create(
        Serving.serviceManifest("timeout", PROGRAM)
            .replace("      containers:", "      timeoutSeconds: 2\n      containers:"));
    serving.awaitReady("timeout");
    assertThat(serving.request(serving.url("timeout"), "/?sleep=100").statusCode()).isEqualTo(200);
    assertThat(serving.request(serving.url("timeout"), "/?sleep=8000").statusCode()).isEqualTo(504);
  }

  @Test
  void testSingleConcurrency() throws Exception {
    serving.create(
        Serving.serviceManifest("single", PROGRAM)
            .replace("      containers:", "      containerConcurrency: 1\n      containers:"));
    serving.awaitReady("single");
    String host = Serving.host(serving.url("single"));
    Map<String, Long> tally =
        OpenLoad.tally(serving.bellows().gateway().resolve("/?alone"), host, 100);
    assertThat(tally.keySet()).noneMatch(answer -> answer.equals("500"));
  }

  @Test
  void testRoutesNotReady() {
    serving.createService("pinned", HELLO);
    serving.patch(
        Service.class,
        "pinned",
        "{\"spec\":{\"traffic\":[{\"revisionName\":\"pinned-99999\",\"percent\":100}]}}");
    serving.awaitCondition(Service.class, "pinned", "RoutesReady", "False", "RevisionMissing");
    serving.awaitCondition(Service.class, "pinned", "ConfigurationsReady", "True", null);
  }

  @Test
  void testRollbackBYOName() throws Exception {
    String manifest =
        Serving.serviceManifest("rollback", HELLO, target("one"))
            .replace("template:\n", "template:\n    metadata: {name: rollback-one}\n");
    serving.create(manifest);
    serving.awaitReady("rollback");
    named("rollback", "rollback-two", "two");
    serving.awaitReady("rollback");
    assertThat(body("rollback")).isEqualTo("Hello two!\n");
    named("rollback", "rollback-one", "one");
    serving.awaitReady("rollback");
    assertThat(body("rollback")).isEqualTo("Hello one!\n");
    assertThat(status("rollback").latestReadyRevisionName()).isEqualTo("rollback-one");
  }

  @Test
  void testRouteVisibilityChanges() {
    serving.createService("visible", HELLO);
    serving.awaitReady("visible");
    String publicUrl =
        "http://visible.default.example.com:" + serving.bellows().gateway().getPort();
    assertThat(serving.url("visible")).isEqualTo(publicUrl);
    visibility("visible", "\"cluster-local\"");
    urlBecomes("visible", "http://visible.default.svc.cluster.local");
    visibility("visible", "null");
    urlBecomes("visible", publicUrl);
  }

  @Test
  void testRevisionGC() {
    serving.createService("collected", HELLO, target("one"));
    serving.awaitReady("collected");
    try {
      serving.configure(
          "config-gc", "\"min-non-active-revisions\":\"0\",\"max-non-active-revisions\":\"0\"");
      retarget("collected", "two");
      serving.awaitReady("collected");
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(
              () -> assertThat(serving.find(Revision.class, "collected-00001")).isEmpty());
      assertThat(serving.find(Revision.class, "collected-00002")).isPresent();
    } finally {
      serving.configure(
          "config-gc", "\"min-non-active-revisions\":null,\"max-non-active-revisions\":null");
    }
  }

  @Test
  void testTagHeaderBasedRouting() throws Exception {
    try {
      serving.configure("config-features", "\"tag-header-based-routing\":\"Enabled\"");
      serving.createService("tagged", HELLO, target("one"));
      serving.awaitReady("tagged");
      retarget("tagged", "two");
      serving.awaitReady("tagged");
      serving.patch(
          Service.class,
          "tagged",
          """
          {"spec":{"traffic":[{"revisionName":"tagged-00001","percent":100},
            {"tag":"next","revisionName":"tagged-00002","percent":0}]}}
          """);
      serving.awaitReady("tagged");
      String url = serving.url("tagged");
      assertThat(serving.request(url, "/").body()).isEqualTo("Hello one!\n");
      // The Route may have been Ready before it saw the ConfigMap's edit.
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() ->
              assertThat(serving.request(url, "/", "Knative-Serving-Tag", "next").body())
                  .isEqualTo("Hello two!\n"));
      assertThat(serving.request(url, "/", "Knative-Serving-Tag", "unknown").body())
          .isEqualTo("Hello one!\n");
    } finally {
      serving.configure("config-features", "\"tag-header-based-routing\":null");
    }
  }

  private static void configurationAndRoute(String name, String target) {
    serving.create(
        Serving.serviceManifest(name, HELLO, target(target))
            .replace("kind: Service", "kind: Configuration"));
    serving.create(routeManifest(name, name));
  }

  private static String routeManifest(String name, String configuration) {
    return """
    apiVersion: serving.knative.dev/v1
    kind: Route
    metadata: {name: %s}
    spec: {traffic: [{configurationName: %s, percent: 100}]}
    """
        .formatted(name, configuration);
  }

  private static String target(String version) {
    return "env: [{name: TARGET, value: " + version + "}]";
  }

  private static void retarget(String name, String version) {
    serving.patch(Service.class, name, template(version));
  }

  private static String template(String version) {
    return """
    {"spec":{"template":{"spec":{"containers":[
      {"image":"%s","env":[{"name":"TARGET","value":"%s"}]}]}}}}
    """
        .formatted(HELLO, version);
  }

  private static void named(String service, String revision, String version) {
    serving.patch(
        Service.class,
        service,
        template(version)
            .replace(
                "\"template\":{", "\"template\":{\"metadata\":{\"name\":\"" + revision + "\"},"));
  }

  private static void visibility(String name, String value) {
    serving.patch(
        Service.class,
        name,
        "{\"metadata\":{\"labels\":{\"networking.knative.dev/visibility\":" + value + "}}}");
  }

  private static void urlBecomes(String name, String url) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(status(name).url()).isEqualTo(url));
    serving.awaitReady(name);
  }

  private static String body(String name) throws IOException, InterruptedException {
    return serving.request(serving.url(name), "/").body();
  }

  private static ServiceStatus status(String name) {
    return Objects.requireNonNull(serving.service(name).getStatus());
  }
}
