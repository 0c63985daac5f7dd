package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A person's mistakes: one clear line where they look, and everything else keeps working. */
@BesideOthers
class ClearErrorsIT {
  @TempDir static Path directory;
  private static BellowsProcess bellows;
  private static final Service HEALTHY =
      Service.of("healthy", "dev.local/helloworld", "min-scale: \"1\"");

  @BeforeAll
  static void start() throws IOException {
    Command.require("kubectl");
    Command.require("python3");
    bellows = BellowsProcess.start(directory.resolve("data"));
    HEALTHY.applyAndAwaitReady(bellows, directory);
  }

  @AfterEach
  void everythingElseKeepsWorking() throws IOException, InterruptedException {
    assertThat(bellows.request(HEALTHY.host(), "/").statusCode()).isEqualTo(200);
  }

  @AfterAll
  static void stop() {
    if (bellows != null) {
      bellows.close();
    }
  }

  @Test
  void malformedYaml() throws IOException {
    Path file = directory.resolve("malformed.yaml");
    Files.writeString(file, "apiVersion: serving.knative.dev/v1\nkind: [Service\nmetadata: x\n");
    refused(
        bellows.bellows("apply", "-f", file.toString()),
        "malformed.yaml line 3: not readable as YAML: while parsing a flow sequence");
  }

  @Test
  void unknownFields() throws IOException {
    Path file = directory.resolve("unknown.yaml");
    Files.writeString(
        file,
        Service.of("unknown", "dev.local/helloworld").manifest().replace("image:", "imagine:"));
    Command.Result result = bellows.kubectl("apply", "-f", file.toString());
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.output())
        .contains("unknown field \"spec.template.spec.containers[0].imagine\"");
  }

  @Test
  void badAnnotations() throws IOException {
    Service bad = Service.of("bad", "dev.local/helloworld", "min-scale: \"-1\"");
    refused(
        bad.apply(bellows, directory),
        "admission webhook \"validation.webhook.serving.knative.dev\" denied the request:"
            + " validation failed: expected 0 <= -1 <= 2147483647:"
            + " spec.template.metadata.annotations.autoscaling.knative.dev/min-scale");
  }

  @Test
  void aBadConfigMapIsRefusedAndTheGoodOneStays() {
    Command.Result bad =
        bellows.kubectl(
            "patch",
            "configmap/config-autoscaler",
            "-n",
            "knative-serving",
            "--type=merge",
            "-p",
            "{\"data\":{\"max-scale-up-rate\":\"1\"}}");
    assertThat(bad.exitCode()).isEqualTo(1);
    assertThat(bad.output())
        .contains("admission webhook \"config.webhook.serving.knative.dev\" denied the request")
        .contains("max-scale-up-rate = 1");
  }

  @Test
  void aPortInUse() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Command.Result second =
          Command.of(
                  bellows.command(
                      "up",
                      "--data-dir",
                      directory.resolve("other").toString(),
                      "--port",
                      String.valueOf(taken.getLocalPort()),
                      "--api-port",
                      "0"))
              .run();
      refused(second, "cannot listen on 127.0.0.1:" + taken.getLocalPort());
      assertThat(second.output()).contains("--port");
    }
  }

  @Test
  void aSecondProcessOnOneDataDirectory() {
    Command.Result second =
        Command.of(
                bellows.command(
                    "up",
                    "--data-dir",
                    directory.resolve("data").toString(),
                    "--port",
                    String.valueOf(bellows.gateway().getPort()), // not free either
                    "--api-port",
                    "0"))
            .run();
    refused(second, "is in use by process");
    assertThat(second.output()).contains(String.valueOf(bellows.handle().pid()));
  }

  @Test
  void anUnknownImage() throws IOException {
    Service.of("unknown-image", "dev.local/nobody-made-this").apply(bellows, directory).succeeded();
    becomes("ksvc/unknown-image", "bellows image add dev.local/nobody-made-this");
  }

  @Test
  void aMissingCommand() throws IOException {
    bellows.bellows("image", "add", "test.local/missing", "--", "/no/such/program").succeeded();
    Service.of("missing", "test.local/missing").apply(bellows, directory).succeeded();
    becomes("ksvc/missing", "/no/such/program");
  }

  @Test
  void aProgramThatExitsAtOnce() throws IOException {
    bellows
        .bellows(
            "image",
            "add",
            "test.local/exits",
            "--",
            "python3",
            "-c",
            "import sys; print('no database', file=sys.stderr); sys.exit(5)")
        .succeeded();
    Service.of("exits", "test.local/exits").apply(bellows, directory).succeeded();
    becomes("ksvc/exits", "Container failed with: no database");
    becomes("rev/exits-00001", "ExitCode5");
  }

  @Test
  void aProgramThatNeverListens() throws IOException {
    bellows.bellows("image", "add", "test.local/deaf", "--", "sleep", "600").succeeded();
    Path file = directory.resolve("deaf.yaml");
    Files.writeString(
        file,
        Service.of("deaf", "test.local/deaf")
            .manifest()
            .replace("bellows.dev/test: \"yes\"", "serving.knative.dev/progress-deadline: \"5s\""));
    bellows.bellows("apply", "-f", file.toString()).succeeded();
    becomes("rev/deaf-00001", "ProgressDeadlineExceeded");
  }

  /** What each is, what it is sent as, and what the API says; nothing of it is stored or run. */
  static Stream<Arguments> hostileManifests() {
    String plain = "{\"image\":\"dev.local/helloworld\"%s}";
    String deep = "{\"a\":".repeat(10_000) + "1" + "}".repeat(10_000);
    String many =
        IntStream.range(0, 10_000)
            .mapToObj(n -> "\"a%d\":\"%s\"".formatted(n, "x".repeat(30)))
            .collect(Collectors.joining(",", "{", "}"));
    return Stream.of(
        arguments(
            "10 MB",
            hostile("hostile", "{\"a\":\"" + "x".repeat(10 << 20) + "\"}", plain.formatted("")),
            "RequestEntityTooLarge|limit is 3145728"),
        arguments(
            "10,000 levels", hostile("hostile", deep, plain.formatted("")), "nest|depth|deep"),
        arguments(
            "10,000 annotations", hostile("hostile", many, plain.formatted("")), "262144 bytes"),
        arguments(
            "a number for a text",
            hostile("hostile", "{}", plain.formatted(",\"command\":7")),
            "command"),
        arguments(
            "a list for an object", hostile("hostile", "[]", plain.formatted("")), "annotations"),
        arguments(
            "a name that climbs",
            hostile("../../../climbed", "{}", plain.formatted("")),
            "DNS 1035 label|subdomain|path segment"),
        arguments(
            "a shell's words as an image",
            hostile("hostile", "{}", "{\"image\":\"x; touch climbed $(touch climbed)\"}"),
            "Failed to parse image reference"));
  }

  private static String hostile(String name, String annotations, String container) {
    return """
    {"apiVersion":"serving.knative.dev/v1","kind":"Service",
     "metadata":{"name":"%s","annotations":%s},
     "spec":{"template":{"spec":{"containers":[%s]}}}}
    """
        .formatted(name, annotations, container);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("hostileManifests")
  void aHostileManifestIsRefusedAsKubernetesRefuses(String what, String manifest, String why)
      throws IOException {
    Path file = directory.resolve("hostile.json");
    Files.writeString(file, manifest);
    Command.Result result =
        bellows.kubectl(
            "create",
            "--raw",
            "/apis/serving.knative.dev/v1/namespaces/default/services",
            "-f",
            file.toString());
    assertThat(result.exitCode()).as(result.output()).isEqualTo(1);
    assertThat(result.output())
        .containsPattern("Error from server|The Service \"hostile\" is invalid")
        .containsPattern(why);
    assertThat(bellows.kubectl("get", "ksvc", "-o", "name").succeeded().output())
        .doesNotContain("hostile")
        .doesNotContain("climbed");
    try (Stream<Path> all = Files.walk(directory)) {
      assertThat(all).noneMatch(path -> path.getFileName().toString().contains("climbed"));
    }
  }

  /** Knative lets it pass, Kubernetes does not: the Service tells what Kubernetes said. */
  @Test
  void aContainersNameThatClimbs() throws IOException {
    Path file = directory.resolve("climbs.yaml");
    Files.writeString(
        file,
        Service.of("climbs", "dev.local/helloworld")
            .manifest()
            .replace("- image:", "- name: ../climbed\n          image:"));
    bellows.bellows("apply", "-f", file.toString()).succeeded();
    becomes("ksvc/climbs", "spec.template.spec.containers[0].name");
    try (Stream<Path> all = Files.walk(directory)) {
      assertThat(all).noneMatch(path -> path.getFileName().toString().contains("climbed"));
    }
  }

  /** Knative fills in no port there, and Kubernetes wants one. */
  @ParameterizedTest
  @ValueSource(
      strings = {"httpGet: {path: /}", "tcpSocket: {}", "tcpSocket: {port: 0}", "grpc: {}"})
  void aStartupProbeWithoutAPort(String handler) throws IOException {
    String name = "portless-" + Integer.toHexString(handler.hashCode());
    Path file = directory.resolve("portless.yaml");
    Files.writeString(
        file,
        Service.of(name, "dev.local/helloworld")
            .manifest()
            .replace("- image:", "- startupProbe: {%s}\n          image:".formatted(handler)));
    Command.Result result = bellows.bellows("apply", "-f", file.toString());
    if (result.exitCode() == 0) {
      becomes("ksvc/" + name, "startupProbe." + handler.substring(0, handler.indexOf(':')));
      becomes("rev/" + name + "-00001", "FailedCreate");
    } else {
      assertThat(result.output()).contains("startupProbe");
    }
  }

  @Test
  void aYamlBombIsRefused() throws IOException {
    Path file = directory.resolve("bomb.yaml");
    StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 9; i++) {
      bomb.append("a%d: &a%d [%s]\n".formatted(i, i, ("*a" + (i - 1) + ", ").repeat(9)));
    }
    Files.writeString(file, bomb + HEALTHY.manifest());
    refused(bellows.bellows("apply", "-f", file.toString()), "alias");
  }

  @Test
  void aShellsWordsInACommandAreOnlyWords() throws IOException {
    Path touched = directory.resolve("touched");
    bellows.bellows("image", "add", "test.local/echo", "--", "echo").succeeded();
    Path file = directory.resolve("words.yaml");
    Files.writeString(
        file,
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: words}
        spec:
          restartPolicy: Never
          containers:
          - name: only
            image: test.local/echo
            args: ["; touch %s", "$(touch %s)", "`touch %s`", "> %s", "| tee %s"]
        """
            .formatted(touched, touched, touched, touched, touched));
    bellows.bellows("apply", "-f", file.toString()).succeeded();
    becomes("pod/words", "Succeeded");
    assertThat(bellows.bellows("logs", "words").succeeded().output())
        .contains("; touch " + touched)
        .contains("$(touch ")
        .contains("| tee ");
    assertThat(touched).doesNotExist();
  }

  @Test
  void logsOfWhatIsNotThere() {
    refusedInOneLine(
        bellows.bellows("logs", "nobody"),
        "bellows: no pod of a service \"nobody\" runs now, and no pod has that name");
    refusedInOneLine(
        bellows.bellows("logs", "healthy", "-n", "elsewhere"),
        "bellows: no pod of a service \"healthy\" runs now, and no pod has that name");
    refusedInOneLine(
        bellows.bellows("logs", "healthy", "-c", "nothing"),
        "bellows: container nothing is not valid for pod healthy-00001-deployment-");
  }

  @Test
  void logsOfAPodThatDoesNotRunYet() throws IOException {
    Path file = directory.resolve("pods.yaml");
    Files.writeString(
        file,
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: waits}
        spec: {containers: [{name: only, image: dev.local/nobody-made-this}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: two}
        spec: {containers: [{name: one, image: x.local/y}, {name: other, image: x.local/y}]}
        """);
    bellows.bellows("apply", "-f", file.toString()).succeeded();
    becomes("pod/waits", "bellows image add dev.local/nobody-made-this");
    refusedInOneLine(
        bellows.bellows("logs", "waits"),
        "bellows: container \"only\" in pod \"waits\" is waiting to start: ");
    refusedInOneLine(
        bellows.bellows("logs", "waits", "-f"),
        "bellows: container \"only\" in pod \"waits\" is waiting to start: ");
    refusedInOneLine(
        bellows.bellows("logs", "two"),
        "bellows: pod \"two\" has several containers, name one with -c: one, other");
  }

  @Test
  void logsOfSeveralPodsNameThePodInEachLine() throws IOException {
    Service pair = Service.of("pair", "dev.local/helloworld", "min-scale: \"2\"");
    pair.applyAndAwaitReady(bellows, directory);
    Awaitility.await()
        .atMost(60, TimeUnit.SECONDS)
        .pollInterval(250, TimeUnit.MILLISECONDS)
        .untilAsserted(() ->
            assertThat(bellows.bellows("logs", "pair").succeeded().output().lines())
                .hasSize(2)
                .allMatch(
                    line -> line.matches("\\[pair-00001-deployment-\\S+] listening on port \\d+")));
  }

  private static void refusedInOneLine(Command.Result result, String line) {
    assertThat(result.exitCode()).as(result.output()).isEqualTo(1);
    assertThat(result.output().lines()).hasSize(1).allMatch(each -> each.startsWith(line));
  }

  @Test
  void aPartWithoutItsVariables() {
    refused(
        Command.of(bellows.command("activator", "--kubeconfig", bellows.kubeconfig().toString()))
            .run(),
        "SYSTEM_NAMESPACE is required and not set: knative-serving");
  }

  @Test
  void aPartWithoutAnApi() throws IOException {
    Path nowhere = directory.resolve("nowhere");
    Files.writeString(
        nowhere,
        Files.readString(bellows.kubeconfig())
            .replaceFirst("server: https://[^\n]*", "server: https://nobody.invalid:1"));
    refused(
        Command.of(bellows.command("gateway", "--kubeconfig", nowhere.toString()))
            .with("SYSTEM_NAMESPACE", "knative-serving")
            .run(),
        "no answer from the Kubernetes API at https://nobody.invalid:1/: ");
  }

  @Test
  void aPartWhosePortIsTaken() {
    refused(
        Command.of(
                bellows.command(
                    "gateway",
                    "--kubeconfig",
                    bellows.kubeconfig().toString(),
                    "--port",
                    String.valueOf(bellows.gateway().getPort())))
            .with("SYSTEM_NAMESPACE", "knative-serving")
            .run(),
        "cannot listen on 127.0.0.1:" + bellows.gateway().getPort());
  }

  private static void refused(Command.Result result, String why) {
    assertThat(result.exitCode()).as(result.output()).isEqualTo(1);
    assertThat(result.output()).contains(why).doesNotContain("\tat ");
  }

  /** The text appears in what describe prints. */
  private static void becomes(String object, String text) {
    Awaitility.await()
        .atMost(60, TimeUnit.SECONDS)
        .pollInterval(250, TimeUnit.MILLISECONDS)
        .untilAsserted(() ->
            assertThat(bellows.kubectl("describe", object).succeeded().output()).contains(text));
  }
}
