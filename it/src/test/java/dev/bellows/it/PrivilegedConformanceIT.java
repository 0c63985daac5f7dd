package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.api.networking.ServerlessService;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What takes root's rights: pods with networks and names, users and limits of their own, with the
 * names and the checks of the original's tests (api/v1, runtime, e2e). docs/conformance.md has the
 * whole list.
 */
class PrivilegedConformanceIT {
  private static final String HELLO = "dev.local/helloworld";
  private static final String PROXY = "conformance.test/httpproxy";
  private static final String PROGRAM = "conformance.test/program";
  private static final String USER = "conformance.test/user";

  /** Said in one word: another user may not be able to read a file of ours. */
  private static final String SAY_WHO =
      """
      import http.server, json, os
      class Who(http.server.BaseHTTPRequestHandler):
          def do_GET(self):
              self.send_response(200)
              self.end_headers()
              self.wfile.write(json.dumps({"uid": os.getuid(), "gid": os.getgid()}).encode())
      http.server.HTTPServer(("", int(os.environ["PORT"])), Who).serve_forever()
      """;

  @TempDir static Path directory;
  @AutoClose private static Serving serving;

  @BeforeAll
  static void start() throws IOException {
    Command.requireRoot();
    Command.require("python3");
    Command.require("ip");
    Command.require("iptables");
    serving = Serving.start(directory.resolve("data"), "--network", "namespaces");
    serving.addProgram(PROGRAM);
    serving.addImage(
        PROXY, "python3", Path.of("src/test/programs/fixed_port.py").toAbsolutePath().toString());
    serving.addImage(USER, "python3", "-c", SAY_WHO);
    serving.createService("proxy", PROXY);
    serving.awaitReady("proxy");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".svc", ".svc.cluster.local"})
  void testServiceToServiceCall(String suffix) throws Exception {
    local("called", suffix, "0");
    within().until(() -> "Serve".equals(mode("called" + id(suffix))));
    callAnswers("called" + id(suffix) + ".default" + suffix);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".svc", ".svc.cluster.local"})
  void testSvcToSvcViaActivator(String suffix) throws Exception {
    local("held", suffix, "-1");
    within().until(() -> "Proxy".equals(mode("held" + id(suffix))));
    callAnswers("held" + id(suffix) + ".default" + suffix);
  }

  @Test
  void testCallToPublicService() throws Exception {
    serving.createService("public", HELLO);
    serving.awaitReady("public");
    callAnswers("public.default.svc.cluster.local");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".svc", ".svc.cluster.local"})
  void testSubrouteLocalSTS(String suffix) throws Exception {
    String name = "parent" + id(suffix);
    serving.create(
        Serving.serviceManifest(name, HELLO)
            .replace(
                "spec:\n  template:",
                "spec:\n  traffic: [{latestRevision: true, percent: 100, tag: sub}]\n  template:"));
    serving.awaitReady(name);
    serving.patch(
        io.fabric8.kubernetes.api.model.Service.class,
        "sub-" + name,
        "{\"metadata\":{\"labels\":{\"networking.knative.dev/visibility\":\"cluster-local\"}}}");
    within()
        .untilAsserted(() ->
            assertThat(Objects.requireNonNull(serving.route(name).getStatus()).traffic())
                .extracting(target -> target.url())
                .containsExactly("http://sub-" + name + ".default.svc.cluster.local"));
    callAnswers("sub-" + name + ".default" + suffix);
  }

  @Test
  void testMustRunAsUser() throws Exception {
    JsonNode who = who("must-user", "securityContext: {runAsUser: 2020}");
    assertThat(who.path("uid").asInt()).isEqualTo(2020);
  }

  /** A process has no image to say whom it runs as: that is who started Bellows. */
  @Test
  void testShouldRunAsUserContainerDefault() throws Exception {
    JsonNode who = who("default-user", "");
    assertThat(who.path("uid").asInt()).isZero();
  }

  @Test
  void testCustomResourcesLimits() throws Exception {
    serving.createService(
        "limited", PROGRAM, "resources: {limits: {memory: 350Mi}, requests: {memory: 100Mi}}");
    serving.awaitReady("limited");
    assertThat(
            serving
                .get(Deployment.class, "limited-00001-deployment")
                .getSpec()
                .getTemplate()
                .getSpec()
                .getContainers()
                .getFirst()
                .getResources()
                .getLimits()
                .get("memory")
                .toString())
        .isEqualTo("350Mi");
    String url = serving.url("limited");
    assertThat(serving.request(url, "/?bloat=100").statusCode()).isEqualTo(200);
    assertThat(serving.request(url, "/?bloat=500").statusCode()).isGreaterThanOrEqualTo(500);
    within()
        .untilAsserted(() ->
            assertThat(serving.pods("limited"))
                .flatExtracting(pod -> pod.getStatus().getContainerStatuses())
                .filteredOn(each -> each.getName().equals("user-container"))
                .extracting(PrivilegedConformanceIT::ended)
                .contains(Optional.of("OOMKilled")));
  }

  private static Optional<String> ended(ContainerStatus status) {
    return Optional.ofNullable(status.getLastState().getTerminated())
        .or(() -> Optional.ofNullable(status.getState().getTerminated()))
        .map(terminated -> terminated.getReason());
  }

  private static JsonNode who(String name, String container) throws Exception {
    serving.createService(name, USER, container);
    serving.awaitReady(name);
    return Serving.json(serving.request(serving.url(name), "/").body());
  }

  /** A Service for inside the cluster alone. */
  private static void local(String name, String suffix, String burstCapacity) {
    serving.create(
        Serving.scaled(
                Serving.serviceManifest(name + id(suffix), HELLO),
                "target-burst-capacity",
                burstCapacity,
                "min-scale",
                "1")
            .replace(
                "metadata: {name: ",
                "metadata:\n  labels: {networking.knative.dev/visibility: cluster-local}\n"
                    + "  name: ")
            .replace(id(suffix) + "}", id(suffix)));
    serving.awaitReady(name + id(suffix));
    assertThat(serving.url(name + id(suffix)))
        .isEqualTo("http://" + name + id(suffix) + ".default.svc.cluster.local");
  }

  private static String id(String suffix) {
    return "-" + suffix.length();
  }

  /** A program of another Service asks by that name. */
  private static void callAnswers(String host) throws IOException, InterruptedException {
    assertThat(serving.request(serving.url("proxy"), "/call?http://" + host + "/").body())
        .isEqualTo("Hello World!\n");
  }

  private static String mode(String service) {
    return serving
        .find(ServerlessService.class, service + "-00001")
        .map(found -> found.getSpec().mode())
        .orElse("");
  }

  private static ConditionFactory within() {
    return Awaitility.await().atMost(Duration.ofMinutes(2)).pollInterval(Duration.ofMillis(200));
  }
}
