package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.api.serving.Service;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What a program may rely on (Knative's runtime contract), with the names and the checks of the
 * original's tests. docs/conformance.md has the whole list.
 */
@BesideOthers
class RuntimeConformanceIT {
  private static final String IMAGE = "conformance.test/runtime";

  @TempDir static Path directory;
  @AutoClose private static Serving serving;

  @BeforeAll
  static void start() throws IOException {
    Command.require("python3");
    serving = Serving.start(directory.resolve("data"));
    serving.addProgram(IMAGE);
  }

  @Test
  void testMustEnvVars() throws Exception {
    JsonNode environment = report("must-env").path("environment");
    assertThat(environment.path("PORT").asInt()).isPositive();
  }

  @Test
  void testShouldEnvVars() throws Exception {
    JsonNode environment = report("should-env").path("environment");
    assertThat(environment.path("K_SERVICE").asText()).isEqualTo("should-env");
    assertThat(environment.path("K_CONFIGURATION").asText()).isEqualTo("should-env");
    assertThat(environment.path("K_REVISION").asText()).isEqualTo("should-env-00001");
  }

  @Test
  void testCmdArgs() throws Exception {
    JsonNode report =
        report(
            "cmd-args",
            "args: [\"first\", \"$(TARGET) second\", \"; ls\"]",
            "env: [{name: TARGET, value: the}]");
    assertThat(report.path("arguments"))
        .extracting(JsonNode::asText)
        .containsExactly("first", "the second", "; ls");
  }

  @Test
  void testWorkingDirService() throws Exception {
    String working = directory.toRealPath().toString();
    assertThat(report("working-dir", "workingDir: " + working).path("directory").asText())
        .isEqualTo(working);
  }

  @Test
  void testShouldHaveStdinEOF() throws Exception {
    assertThat(report("stdin").path("atEndOfInput").asBoolean()).isTrue();
  }

  @Test
  void testMustHaveHeadersSet() throws Exception {
    JsonNode headers = report("must-headers").path("headers");
    assertThat(headers.path("user-agent").asText()).isEqualTo("conformance");
    assertThat(headers.path("host").asText()).startsWith("must-headers.default.");
  }

  @Test
  void testShouldHaveHeadersSet() throws Exception {
    JsonNode headers = report("should-headers").path("headers");
    assertThat(headers.path("x-forwarded-proto").asText()).isEqualTo("http");
    assertThat(headers.path("forwarded").asText()).contains("proto=http");
  }

  @Test
  void testSecretsViaEnv() throws Exception {
    serving
        .client()
        .resource(
            new SecretBuilder()
                .withNewMetadata()
                .withName("conformance")
                .withNamespace("default")
                .endMetadata()
                .withStringData(Map.of("KEY", "secret"))
                .build())
        .create();
    JsonNode environment =
        report(
                "secret-env",
                "env: [{name: ONE, valueFrom: {secretKeyRef: {name: conformance, key: KEY}}}]",
                "envFrom: [{secretRef: {name: conformance}}]")
            .path("environment");
    assertThat(environment.path("ONE").asText()).isEqualTo("secret");
    assertThat(environment.path("KEY").asText()).isEqualTo("secret");
  }

  @Test
  void testConfigsViaEnv() throws Exception {
    serving
        .client()
        .resource(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withName("conformance")
                .withNamespace("default")
                .endMetadata()
                .withData(Map.of("KEY", "configured"))
                .build())
        .create();
    JsonNode environment =
        report(
                "config-env",
                "env: [{name: ONE, valueFrom: {configMapKeyRef: {name: conformance, key: KEY}}}]",
                "envFrom: [{configMapRef: {name: conformance}}]")
            .path("environment");
    assertThat(environment.path("ONE").asText()).isEqualTo("configured");
    assertThat(environment.path("KEY").asText()).isEqualTo("configured");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "lifecycle: {preStop: {exec: {command: [/bin/true]}}}|lifecycle",
        "stdin: true|stdin",
        "stdinOnce: true|stdinOnce",
        "tty: true|tty",
        "volumeDevices: [{name: disk, devicePath: /dev/disk}]|volumeDevices",
        "ports: [{containerPort: 8080, hostPort: 8080}]|hostPort",
        "ports: [{containerPort: 8080, hostIP: 127.0.0.1}]|hostIP",
      })
  void testMustNotContainerConstraints(String container, String field) {
    refusedOrPruned(container, field);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "securityContext: {privileged: true}|privileged",
        "securityContext: {procMount: Unmasked}|procMount",
        "securityContext: {seLinuxOptions: {level: s0}}|seLinuxOptions",
        "resizePolicy: [{resourceName: cpu, restartPolicy: NotRequired}]|resizePolicy",
      })
  void testShouldNotContainerConstraints(String container, String field) {
    refusedOrPruned(container, field);
  }

  /** Refused, or gone from the object: the program never gets it. */
  private static void refusedOrPruned(String container, String field) {
    String name = "constraint-" + Integer.toHexString(container.hashCode());
    try {
      serving.createService(name, IMAGE, container);
    } catch (KubernetesClientException refused) {
      assertThat(refused.getCode()).as("%s", refused.getMessage()).isBetween(400, 422);
      return;
    }
    Service stored = serving.service(name);
    serving.delete(Service.class, name);
    assertThat(serving.client().getKubernetesSerialization().asJson(stored))
        .doesNotContain("\"" + field + "\":");
  }

  private static JsonNode report(String name, String... container)
      throws IOException, InterruptedException {
    serving.createService(name, IMAGE, container);
    Service ready = serving.awaitReady(name);
    var answer =
        serving.request(
            Objects.requireNonNull(ready.getStatus()).url(), "/", "User-Agent", "conformance");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return Serving.json(answer.body());
  }
}
