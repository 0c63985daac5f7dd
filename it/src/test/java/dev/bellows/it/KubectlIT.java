package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** An unmodified kubectl on the examples, in the order a person would use it. */
@BesideOthers
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class KubectlIT {
  private static final String EVERY_KIND =
      "ksvc,cfg,rev,rt,kpa,sks,deploy,rs,pods,svc,ep,endpointslices";

  @TempDir static Path directory;
  private static BellowsProcess bellows;

  @BeforeAll
  static void start() throws IOException {
    Command.require("kubectl");
    bellows = BellowsProcess.start(directory.resolve("data"));
  }

  @AfterAll
  static void stop() {
    if (bellows != null) {
      bellows.close();
    }
  }

  @Test
  @Order(1)
  void appliesClientSideAndServerSide() {
    assertThat(bellows.kubectl("apply", "-f", "examples/autoscale.yaml").succeeded().output())
        .contains("service.serving.knative.dev/autoscale created");
    assertThat(
            bellows
                .kubectl("apply", "--server-side", "-f", "examples/bounds.yaml")
                .succeeded()
                .output())
        .contains("service.serving.knative.dev/bounds serverside-applied");
    // kubectl replaces lists of custom kinds as wholes, sees the defaulted container as a change
    // and
    // says "configured", with any server; that nothing changed shows in the generation.
    bellows.kubectl("apply", "-f", "examples/autoscale.yaml").succeeded();
    assertThat(
            bellows
                .kubectl("get", "ksvc/autoscale", "-o", "jsonpath={.metadata.generation}")
                .succeeded()
                .output())
        .isEqualTo("1");
  }

  @Test
  @Order(2)
  void waitsUntilReady() {
    assertThat(
            bellows
                .kubectl("wait", "--for=condition=Ready", "ksvc/autoscale", "--timeout=60s")
                .succeeded()
                .output())
        .contains("condition met");
    bellows.kubectl("wait", "--for=condition=Ready", "ksvc", "--all", "--timeout=60s").succeeded();
  }

  @Test
  @Order(3)
  void listsEveryKindAsATable() {
    String listed = bellows.kubectl("get", EVERY_KIND).succeeded().output();
    assertThat(listed)
        .contains("http://autoscale.default.example.com")
        .contains("autoscale-00001")
        .contains("pod/autoscale-00001-deployment-")
        .contains("autoscale-00001-private");
    assertThat(bellows.kubectl("get", EVERY_KIND, "-o", "wide").succeeded().output())
        .contains("CONTAINERS")
        .contains("dev.local/autoscale");
    assertThat(bellows.kubectl("get", EVERY_KIND, "-o", "yaml").succeeded().output())
        .contains("kind: ServerlessService")
        .contains("kind: EndpointSlice");
  }

  @Test
  @Order(4)
  void watches() throws IOException {
    Process kubectl = bellows.kubectlCommand("get", "ksvc", "-w").start();
    Process own =
        Command.of(
                bellows.command(
                    "get", "ksvc", "-w", "--data-dir", directory.resolve("data").toString()))
            .start();
    CompletableFuture<Integer> lines = linesAbout("autoscale", own);
    try {
      Awaitility.await()
          .atMost(60, TimeUnit.SECONDS)
          .pollInterval(1, TimeUnit.SECONDS)
          .until(() -> {
            bellows
                .kubectl(
                    "annotate",
                    "ksvc/autoscale",
                    "--overwrite",
                    "example.com/seen=" + System.nanoTime())
                .succeeded();
            return kubectl.getInputStream().available() > 0 && lines.isDone();
          });
    } finally {
      kubectl.destroy();
      own.destroy();
    }
  }

  /** Done once two lines have been about a name: as it was, and as it became. */
  private static CompletableFuture<Integer> linesAbout(String name, Process program) {
    // On a thread of its own: a read blocks, and the common pool of two processors has one thread.
    return CompletableFuture.supplyAsync(
        () -> {
          int seen = 0;
          try (BufferedReader lines = program.inputReader(StandardCharsets.UTF_8)) {
            for (String line; seen < 2 && (line = lines.readLine()) != null; ) {
              seen += line.startsWith(name + " ") ? 1 : 0;
            }
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
          if (seen < 2) {
            throw new AssertionError("the watch has ended");
          }
          return seen;
        },
        task -> Thread.ofPlatform().daemon().start(task));
  }

  @Test
  @Order(5)
  void describesEveryKind() {
    for (String kind : EVERY_KIND.split(",", -1)) {
      bellows.kubectl("describe", kind).succeeded();
    }
    assertThat(bellows.kubectl("describe", "ksvc", "autoscale").succeeded().output())
        .contains("RoutesReady")
        .contains("Events:");
  }

  @Test
  @Order(6)
  void changesObjectsInEveryWay() {
    bellows.kubectl("label", "ksvc/bounds", "team=a").succeeded();
    bellows
        .kubectl(
            "patch",
            "ksvc/bounds",
            "--type=merge",
            "-p",
            "{\"metadata\":{\"labels\":{\"team\":\"b\"}}}")
        .succeeded();
    bellows
        .kubectl(
            "patch",
            "ksvc/bounds",
            "--type=json",
            "-p",
            "[{\"op\":\"replace\",\"path\":\"/metadata/labels/team\",\"value\":\"c\"}]")
        .succeeded();
    assertThat(
            bellows
                .kubectlCommand("edit", "ksvc/bounds")
                .with("EDITOR", "sed -i s/team:.c/team:\\ d/")
                .run()
                .succeeded()
                .output())
        .contains("edited");
    assertThat(
            bellows
                .kubectl("get", "ksvc/bounds", "-o", "jsonpath={.metadata.labels.team}")
                .succeeded()
                .output())
        .isEqualTo("d");
    bellows
        .kubectl(
            "patch",
            "deployment/bounds-00001-deployment",
            "-p",
            "{\"metadata\":{\"labels\":{\"team\":\"d\"}}}")
        .succeeded();
  }

  @Test
  @Order(7)
  void scalesThroughTheSubresource() {
    // Not one of a Revision: those follow the autoscaler.
    bellows.bellows("image", "add", "test.local/idle", "--", "sleep", "600").succeeded();
    bellows.kubectl("create", "deployment", "idle", "--image=test.local/idle").succeeded();
    for (String replicas : List.of("3", "1")) {
      bellows.kubectl("scale", "deployment/idle", "--replicas=" + replicas).succeeded();
      Awaitility.await()
          .atMost(30, TimeUnit.SECONDS)
          .untilAsserted(() ->
              assertThat(bellows.kubectl("get", "deployment/idle").succeeded().output())
                  .containsPattern("idle\\s+" + replicas + "/" + replicas));
    }
    bellows.kubectl("set", "env", "deployment/idle", "COLOR=blue").succeeded();
    bellows.kubectl("rollout", "status", "deployment/idle", "--timeout=30s").succeeded();
    assertThat(bellows.kubectl("rollout", "history", "deployment/idle").succeeded().output())
        .containsPattern("(?m)^1 ")
        .containsPattern("(?m)^2 ");
    bellows.kubectl("rollout", "undo", "deployment/idle").succeeded();
    bellows.kubectl("rollout", "status", "deployment/idle", "--timeout=30s").succeeded();
    assertThat(bellows.kubectl("set", "env", "deployment/idle", "--list").succeeded().output())
        .doesNotContain("COLOR");
    bellows.kubectl("rollout", "restart", "deployment/idle").succeeded();
    bellows.kubectl("rollout", "status", "deployment/idle", "--timeout=30s").succeeded();
    bellows.kubectl("delete", "deployment", "idle", "--timeout=60s").succeeded();
  }

  @Test
  @Order(8)
  void tellsWhatThereIsAndWhatItMeans() {
    assertThat(bellows.kubectl("api-resources").succeeded().output())
        .contains("kservice,ksvc")
        .contains("serverlessservices");
    assertThat(bellows.kubectl("explain", "ksvc.spec").succeeded().output())
        .contains("template")
        .contains("traffic");
    assertThat(bellows.kubectl("explain", "deployment.spec.strategy").succeeded().output())
        .contains("rollingUpdate")
        .contains("The deployment strategy to use to replace existing pods with new ones.");
    assertThat(bellows.kubectl("explain", "pod.spec.containers.image").succeeded().output())
        .contains("Container image name.");
  }

  @Test
  @Order(8)
  void saysInItsOrdinaryWordsThatAKindOrFieldIsMisspelt() throws IOException {
    Path kind =
        Files.writeString(
            directory.resolve("kind.yaml"),
            "apiVersion: apps/v1\nkind: Deploymint\nmetadata: {name: x}\n");
    Path field =
        Files.writeString(
            directory.resolve("field.yaml"),
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndatta: {a: b}\n");
    for (String verb : List.of("create", "apply")) {
      assertThat(
              bellows.kubectl(verb, "--validate=strict", "-f", kind.toString()).failed().output())
          .contains("no matches for kind \"Deploymint\" in version \"apps/v1\"")
          .doesNotContain("openapi");
      assertThat(
              bellows.kubectl(verb, "--validate=strict", "-f", field.toString()).failed().output())
          .contains("strict decoding error: unknown field \"datta\"");
    }
  }

  @Test
  @Order(9)
  void tellsDifferences() throws IOException {
    assertThat(bellows.kubectl("diff", "-f", "examples/autoscale.yaml").exitCode()).isZero();
    Path changed = directory.resolve("changed.yaml");
    Files.writeString(
        changed,
        Files.readString(
                Path.of("").toAbsolutePath().getParent().resolve("examples/autoscale.yaml"))
            .replace("\"10\"", "\"20\""));
    Command.Result different = bellows.kubectl("diff", "-f", changed.toString());
    assertThat(different.exitCode()).isEqualTo(1);
    assertThat(different.output()).contains("autoscaling.knative.dev/target");
  }

  @Test
  @Order(10)
  void printsAndFollowsLogs() throws IOException, InterruptedException {
    assertThat(bellows.request("bounds.default.example.com", "/").statusCode()).isEqualTo(200);
    Process follow =
        bellows
            .kubectlCommand(
                "logs", "-f", "deployment/bounds-00001-deployment", "-c", "user-container")
            .start();
    try {
      Awaitility.await()
          .atMost(20, TimeUnit.SECONDS)
          .until(() -> follow.getInputStream().available() > 0);
    } finally {
      follow.destroy();
    }
  }

  @Test
  @Order(11)
  void deletesWhatAServiceOwns() {
    bellows.kubectl("delete", "-f", "examples/autoscale.yaml", "--timeout=60s").succeeded();
    bellows.kubectl("delete", "ksvc", "bounds", "--timeout=60s").succeeded();
    Awaitility.await()
        .atMost(60, TimeUnit.SECONDS)
        .untilAsserted(() ->
            assertThat(
                    bellows
                        .kubectl("get", "cfg,rev,rt,kpa,sks,deploy,rs,pods", "-o", "name")
                        .succeeded()
                        .output())
                .doesNotContain("/"));
  }

  @Test
  @Order(12)
  void startsAgainAlthoughAWebhookForEverythingIsNotThere() throws IOException {
    bellows
        .kubectlCommand("apply", "-f", "-")
        .reading(
            """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata: {name: broken}
            webhooks:
            - name: broken.example.com
              admissionReviewVersions: [v1]
              sideEffects: None
              clientConfig: {url: "https://127.0.0.1:1/"}
              rules:
              - {apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*/*"]}
            """)
        .run()
        .succeeded();
    bellows.close();
    bellows = BellowsProcess.start(directory.resolve("data"));
    assertThat(bellows.kubectl("create", "configmap", "x").failed().output())
        .contains("failed calling webhook \"broken.example.com\"");
    bellows.kubectl("delete", "validatingwebhookconfiguration", "broken").succeeded();
    bellows.kubectl("create", "configmap", "x").succeeded();
  }
}
