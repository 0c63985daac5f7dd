package dev.bellows.embedded.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.api.Crds;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Knative's kinds with an unmodified kubectl: definitions, admission and all. */
class KnativeKindsTest {
  private static final String SERVICE =
      """
      apiVersion: serving.knative.dev/v1
      kind: Service
      metadata: {name: hello}
      spec:
        template:
          metadata:
            annotations: {autoscaling.knative.dev/target: "10"}
          spec:
            containers:
            - image: dev.local/helloworld
              env: [{name: A, value: b}]
      """;

  @TempDir Path home;
  private TestServer server;
  private Kubectl kubectl;

  @BeforeEach
  void start() throws Exception {
    Kubectl.assumeInstalled();
    server = TestServer.withKnative(home);
    kubectl = new Kubectl(server.server.kubeconfig());
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void aServiceIsAppliedDefaultedAndShown() throws Exception {
    kubectl.runWith(SERVICE, Map.of(), "apply", "-f", "-");

    assertThat(
            kubectl.run(
                "get", "ksvc", "hello", "-o", "jsonpath={.spec.template.spec.timeoutSeconds}"))
        .isEqualTo("300");
    assertThat(kubectl.run("get", "ksvc,cfg,rev,rt,kpa,sks"))
        .contains("NAME")
        .contains("service.serving.knative.dev/hello");
    assertThat(kubectl.run("describe", "ksvc", "hello")).contains("dev.local/helloworld");
    assertThat(kubectl.run("explain", "ksvc.spec")).contains("template").contains("traffic");
    kubectl.run("label", "ksvc", "hello", "a=b");
    kubectl.run("annotate", "ksvc", "hello", "note=well");
    kubectl.runWith("", Map.of("EDITOR", "sed -i s/value:.b/value:\\ c/"), "edit", "ksvc", "hello");
    assertThat(
            kubectl.run(
                "get",
                "ksvc",
                "hello",
                "-o",
                "jsonpath={.spec.template.spec.containers[0].env[0].value} {.metadata.generation}"))
        .isEqualTo("c 2");
    assertThat(kubectl.run("delete", "ksvc", "hello"))
        .isEqualTo("service.serving.knative.dev \"hello\" deleted\n");
  }

  @Test
  void serverSideApplyOwnsWhatItAppliesAndMeetsConflicts() throws Exception {
    kubectl.runWith(SERVICE, Map.of(), "apply", "--server-side", "-f", "-");
    kubectl.run(
        "patch",
        "ksvc",
        "hello",
        "--type=merge",
        "-p",
        "{\"spec\":{\"template\":{\"metadata\":{\"annotations\":"
            + "{\"autoscaling.knative.dev/target\":\"20\"}}}}}");

    Kubectl.Said said = kubectl.say(SERVICE, Map.of(), "apply", "--server-side", "-f", "-");
    assertThat(said.exit()).isEqualTo(1);
    assertThat(said.err())
        .contains("Apply failed with 1 conflict: conflict with \"kubectl-patch\" using")
        .contains(".spec.template.metadata.annotations.autoscaling.knative.dev/target");

    kubectl.runWith(SERVICE, Map.of(), "apply", "--server-side", "--force-conflicts", "-f", "-");
    assertThat(kubectl.say(SERVICE, Map.of(), "diff", "-f", "-").out()).isEmpty();
  }

  @Test
  void unknownFieldsAndBadValuesAreToldInOneLine() throws Exception {
    Kubectl.Said unknown =
        kubectl.say(SERVICE.replace("env:", "enw:"), Map.of(), "apply", "-f", "-");
    assertThat(unknown.err())
        .contains(
            "Service in version \"v1\" cannot be handled as a Service: strict decoding error:"
                + " unknown field \"spec.template.spec.containers[0].enw\"");

    Kubectl.Said bad =
        kubectl.say(SERVICE.replace("\"10\"", "\"none\""), Map.of(), "apply", "-f", "-");
    assertThat(bad.exit()).isEqualTo(1);
    assertThat(bad.err())
        .contains("admission webhook \"validation.webhook.serving.knative.dev\" denied the request")
        .contains("autoscaling.knative.dev/target");
  }

  @Test
  void aBadConfigMapIsRefused() throws Exception {
    kubectl.runWith(
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: knative-serving}\n",
        Map.of(),
        "apply",
        "-f",
        "-");
    String config =
        """
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: config-autoscaler
          namespace: knative-serving
          labels: {app.kubernetes.io/name: knative-serving}
        data: {container-concurrency-target-percentage: "-1"}
        """;

    assertThat(kubectl.say(config, Map.of(), "apply", "-f", "-").err())
        .contains("admission webhook \"config.webhook.serving.knative.dev\" denied the request");
  }

  @Test
  void waitsForReady() throws Exception {
    kubectl.runWith(SERVICE, Map.of(), "apply", "-f", "-");
    Process wait = kubectl.start("wait", "--for=condition=Ready", "ksvc/hello");
    server.registry.patchStatus(
        server.registry.type("serving.knative.dev", "services"),
        "default",
        "hello",
        new Patch.Merge(
            Json.read(
                "{\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}"
                    .getBytes(StandardCharsets.UTF_8))));

    try (BufferedReader said = wait.inputReader()) {
      assertThat(said.readLine()).isEqualTo("service.serving.knative.dev/hello condition met");
    }
  }

  @Test
  void theDefinitionsSurviveARestartAndAreInstalledOnlyOnce() throws Exception {
    server.close();
    server = TestServer.withKnative(home);
    long revision = server.store.revision();

    server.registry.install(Crds.all());

    assertThat(server.store.revision()).isEqualTo(revision);
    assertThat(new Kubectl(server.server.kubeconfig()).run("get", "crd", "-o", "name"))
        .contains("services.serving.knative.dev");
  }
}
