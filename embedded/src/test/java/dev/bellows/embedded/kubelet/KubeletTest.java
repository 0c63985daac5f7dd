package dev.bellows.embedded.kubelet;

import static dev.bellows.embedded.workload.ObjectsOfACluster.condition;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.core.route.Address;
import dev.bellows.dataplane.probe.Prober;
import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.embedded.apiserver.ApiException;
import dev.bellows.embedded.apiserver.DeleteOptions;
import dev.bellows.embedded.apiserver.PodLogs;
import dev.bellows.embedded.apiserver.ResourceTypes;
import dev.bellows.embedded.image.BuiltInImages;
import dev.bellows.embedded.image.Image;
import dev.bellows.embedded.image.ImageRegistry;
import dev.bellows.embedded.network.LoopbackNetwork;
import dev.bellows.embedded.runtime.ContainerId;
import dev.bellows.embedded.runtime.process.ProcessRuntime;
import dev.bellows.embedded.workload.ObjectsOfACluster;
import dev.bellows.embedded.workload.Placement;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pods as objects in, real processes and statuses out. */
class KubeletTest {
  @TempDir Path home;
  private ObjectsOfACluster cluster;
  private LoopbackNetwork network;
  private ImageRegistry images;
  private Kubelet kubelet;

  private static final QueueProxies NO_QUEUE_PROXY =
      new QueueProxies() {
        @Override
        public boolean runs(String containerName, String image) {
          return false;
        }

        @Override
        public Running start(
            ContainerId id,
            Map<String, String> environment,
            String podIp,
            Address user,
            Path log,
            Optional<Path> certificates) {
          throw new AssertionError("there is none");
        }
      };

  @BeforeEach
  void open() throws IOException {
    cluster = new ObjectsOfACluster(home, Clock.systemUTC(), new Placement("here")).start();
    network = LoopbackNetwork.claim(home);
    images = new ImageRegistry(home, new BuiltInImages(home.resolve("cache")));
    images.add(new Image("sh", List.of("sh", "-c"), Map.of("FROM_IMAGE", "yes"), Optional.empty()));
    kubelet = kubelet();
    kubelet.start();
  }

  private final EventLoopGroup loops = EventLoops.create("test", 1);

  private Kubelet kubelet() throws IOException {
    return new Kubelet(
        new Node(
            "here",
            new RegistryNodeApi(
                cluster.registry, cluster.informers, cluster.events, ObjectsOfACluster.TOKENS),
            new ProcessRuntime(
                home.resolve("runtime"),
                Optional.empty(),
                true,
                System.getenv(),
                Clock.systemUTC()),
            NO_QUEUE_PROXY,
            images,
            network,
            new Prober(loops),
            home.resolve("pods"),
            home.resolve("volumes"),
            Clock.systemUTC()));
  }

  @AfterEach
  void close() {
    kubelet.close();
    network.close();
    cluster.close();
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2_000);
  }

  private void pod(String spec) {
    cluster.create(ResourceTypes.PODS, "metadata: {name: p, namespace: default}\nspec:\n" + spec);
  }

  private ObjectNode pod() {
    return cluster.get(ResourceTypes.PODS, "p");
  }

  private JsonNode container(int index) {
    return pod().path("status").path("containerStatuses").path(index);
  }

  private List<String> log(String container, int restart) throws IOException {
    Path file = PodDirectory.of(home.resolve("pods"), pod()).log(container, restart);
    return Files.exists(file)
        ? Files.readAllLines(file).stream().map(line -> line.split(" ", 4)[3]).toList()
        : List.of();
  }

  private void awaitReady() {
    await().untilAsserted(() -> assertThat(condition(pod(), "Ready")).startsWith("True"));
  }

  private List<String> events() {
    return cluster.list(ResourceTypes.EVENTS).stream()
        .map(event -> event.path("reason").asText() + ": " + event.path("message").asText())
        .toList();
  }

  @Test
  void aPodRunsAndSaysSoAsKubernetesDoes() {
    pod("  containers: [{name: c, image: sh, args: [sleep 1000]}]");
    awaitReady();
    ObjectNode pod = pod();
    JsonNode status = pod.path("status");
    assertThat(status.path("phase").asText()).isEqualTo("Running");
    assertThat(status.path("podIP").asText()).startsWith("127.");
    assertThat(status.path("hostIP").asText()).isEqualTo(network.nodeIp());
    for (String type :
        List.of("PodScheduled", "Initialized", "ContainersReady", "PodReadyToStartContainers")) {
      assertThat(condition(pod, type)).startsWith("True");
    }
    JsonNode container = container(0);
    assertThat(container.path("state").path("running").path("startedAt").asText()).endsWith("Z");
    assertThat(container.path("ready").asBoolean()).isTrue();
    assertThat(container.path("started").asBoolean()).isTrue();
    assertThat(container.path("restartCount").asInt()).isZero();
    assertThat(container.path("containerID").asText()).matches("process://\\d+");
    assertThat(condition(cluster.registry.get(ResourceTypes.NODES, "", "here"), "Ready"))
        .isEqualTo("True KubeletReady");
  }

  @Test
  void whereAPodIsIsToldBeforeItIsReady() throws IOException {
    Path go = home.resolve("go");
    pod(
        """
          containers:
          - name: c
            image: sh
            args: [sleep 1000]
            readinessProbe: {exec: {command: [test, -f, %s]}, periodSeconds: 1}
        """
            .formatted(go));
    await().until(() -> !pod().path("status").path("podIP").asText().isEmpty());
    assertThat(condition(pod(), "Ready")).startsWith("False");
    Files.createFile(go);
    await().until(() -> condition(pod(), "Ready").startsWith("True"));
  }

  @Test
  void aContainerIsReadyWhenItsPostStartHookIsDone() throws IOException {
    Path go = home.resolve("go");
    pod(
        """
          containers:
          - name: c
            image: sh
            args: [sleep 1000]
            lifecycle:
              postStart: {exec: {command: [sh, -c, 'until test -f %s; do sleep 0.05; done']}}
        """
            .formatted(go));
    await().until(() -> events().contains("Started: Started container c"));
    await().until(() -> container(0).path("state").has("waiting"));
    assertThat(condition(pod(), "Ready")).startsWith("False");
    Files.createFile(go);
    awaitReady();
  }

  @Test
  void aContainerWhosePostStartHookFailsIsKilled() {
    pod(
        """
          containers:
          - name: c
            image: sh
            args: [exec sleep 1000]
            lifecycle: {postStart: {exec: {command: [sh, -c, "echo no; exit 1"]}}}
        """);
    await()
        .untilAsserted(
            () -> assertThat(events()).contains("FailedPostStartHook: PostStartHook failed: no"));
    await().until(() -> container(0).path("restartCount").asInt() > 0);
  }

  @Test
  void aProgramIsAskedByGrpcAndEndedInTheTimeItsProbeGives() {
    pod(
        """
          terminationGracePeriodSeconds: 600
          containers:
          - name: c
            image: sh
            args: ["trap '' TERM; while :; do sleep 0.1; done"]
            ports: [{containerPort: 8080}]
            livenessProbe:
              grpc: {port: 8080}
              periodSeconds: 1
              failureThreshold: 1
              terminationGracePeriodSeconds: 1
        """);
    await()
        .untilAsserted(() ->
            assertThat(events())
                .anyMatch(each ->
                    each.startsWith("Unhealthy: Liveness probe failed: service unhealthy")));
    await().until(() -> container(0).path("restartCount").asInt() > 0);
  }

  @Test
  void theEnvironmentIsResolvedAndReferredTo() {
    cluster.create(
        ResourceTypes.CONFIG_MAPS,
        "{metadata: {name: settings, namespace: default}, data: {color: blue, PORT: \"1\"}}");
    cluster.create(
        ResourceTypes.SECRETS,
        "{metadata: {name: keys, namespace: default}, data: {key: b3BlbiBzZXNhbWU=}}");
    pod(
        """
          containers:
          - name: c
            image: sh
            args: ["echo $(A) '$$(A)' $FROM_IMAGE $COLOR $KEY $NAME $IP $PORT $URL; sleep 1000"]
            ports: [{containerPort: 8080}]
            envFrom: [{configMapRef: {name: settings}}]
            env:
            - {name: A, value: one}
            - {name: PORT, value: "8080"}
            - {name: URL, value: "http://localhost:$(PORT)/"}
            - {name: COLOR, valueFrom: {configMapKeyRef: {name: settings, key: color}}}
            - {name: KEY, valueFrom: {secretKeyRef: {name: keys, key: key}}}
            - {name: NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
            - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
        """);
    awaitReady();
    JsonNode annotations = pod().path("metadata").path("annotations");
    String port = annotations.path("bellows.dev/port").asText();
    assertThat(Integer.parseInt(port)).isBetween(20_000, 31_999);
    assertThat(annotations.path("bellows.dev/ports").asText()).isEqualTo("8080=" + port);
    String ip = pod().path("status").path("podIP").asText();
    await()
        .untilAsserted(() ->
            assertThat(log("c", 0))
                .containsExactly(
                    "one $(A) yes blue open sesame p %s %s http://localhost:%s/"
                        .formatted(ip, port, port)));
  }

  @Test
  void whatIsMissingIsSaidAndLookedForAgain() {
    pod(
        """
          containers:
          - name: c
            image: sh
            args: [sleep 1000]
            env: [{name: COLOR, valueFrom: {configMapKeyRef: {name: late, key: color}}}]
        """);
    await()
        .untilAsserted(() -> {
          JsonNode waiting = container(0).path("state").path("waiting");
          assertThat(waiting.path("reason").asText()).isEqualTo("CreateContainerConfigError");
          assertThat(waiting.path("message").asText()).isEqualTo("configmap \"late\" not found");
        });
    cluster.create(
        ResourceTypes.CONFIG_MAPS,
        "{metadata: {name: late, namespace: default}, data: {color: blue, PORT: \"1\"}}");
    awaitReady();
  }

  @Test
  void anUnknownImageSaysHowToAddItAndRunsOnceItIsAdded() {
    pod("  containers: [{name: c, image: 'ghcr.io/acme/shop:v1', args: [sleep 1000]}]");
    await()
        .untilAsserted(() -> {
          JsonNode waiting = container(0).path("state").path("waiting");
          assertThat(waiting.path("reason").asText()).isIn("ErrImagePull", "ImagePullBackOff");
          assertThat(waiting.path("message").asText())
              .contains("`bellows image add ghcr.io/acme/shop:v1 -- COMMAND`");
        });
    assertThat(pod().path("status").path("phase").asText()).isEqualTo("Pending");
    images.add(new Image("ghcr.io/acme/shop:v1", List.of("sh", "-c"), Map.of(), Optional.empty()));
    awaitReady();
  }

  @Test
  void aProgramThatEndsIsStartedAgainThenBacksOffWithItsLastWords() {
    pod(
        """
          containers:
          - name: c
            image: sh
            args: ["echo giving up >&2; exit 3"]
            terminationMessagePolicy: FallbackToLogsOnError
        """);
    await()
        .untilAsserted(() -> {
          JsonNode waiting = container(0).path("state").path("waiting");
          assertThat(waiting.path("reason").asText()).isEqualTo("CrashLoopBackOff");
          assertThat(waiting.path("message").asText())
              .startsWith("back-off 10s restarting failed container=c pod=p_default(");
        });
    JsonNode last = container(0).path("lastState").path("terminated");
    assertThat(last.path("exitCode").asInt()).isEqualTo(3);
    assertThat(last.path("reason").asText()).isEqualTo("Error");
    assertThat(last.path("message").asText()).isEqualTo("giving up\n");
    assertThat(container(0).path("restartCount").asInt()).isEqualTo(2);
    assertThat(pod().path("status").path("phase").asText()).isEqualTo("Running");
    assertThat(condition(pod(), "Ready")).isEqualTo("False ContainersNotReady");
  }

  @Test
  void aCommandThatIsNotThereIsAStartError() {
    pod("  containers: [{name: c, image: sh, command: [no-such-program]}]");
    await()
        .untilAsserted(() -> {
          JsonNode last = container(0).path("lastState").path("terminated");
          assertThat(last.path("reason").asText()).isEqualTo("StartError");
          assertThat(last.path("exitCode").asInt()).isEqualTo(128);
          assertThat(last.path("message").asText())
              .isEqualTo("exec: \"no-such-program\": executable file not found in $PATH");
        });
  }

  @Test
  void aPodThatIsToRunOnceSucceedsOrFails() {
    pod("  restartPolicy: Never\n  containers: [{name: c, image: sh, args: [exit 0]}]");
    await()
        .untilAsserted(
            () -> assertThat(pod().path("status").path("phase").asText()).isEqualTo("Succeeded"));
    assertThat(condition(pod(), "Ready")).isEqualTo("False PodCompleted");
    cluster.registry.delete(ResourceTypes.PODS, "default", "p", DeleteOptions.DEFAULT);
    pod("  restartPolicy: Never\n  containers: [{name: c, image: sh, args: [exit 1]}]");
    await()
        .untilAsserted(
            () -> assertThat(pod().path("status").path("phase").asText()).isEqualTo("Failed"));
  }

  @Test
  void initContainersRunOneAfterTheOtherBeforeTheRest() throws IOException {
    Path file = home.resolve("trail");
    pod(
        """
          initContainers:
          - {name: i1, image: sh, args: ["sleep 0.1; echo one >> %1$s"]}
          - {name: i2, image: sh, args: ["echo two >> %1$s"]}
          containers: [{name: c, image: sh, args: ["echo three >> %1$s; sleep 1000"]}]
        """
            .formatted(file));
    awaitReady();
    await().untilAsserted(() -> assertThat(file).hasContent("one\ntwo\nthree\n"));
    assertThat(
            pod()
                .path("status")
                .path("initContainerStatuses")
                .path(0)
                .path("state")
                .path("terminated")
                .path("reason")
                .asText())
        .isEqualTo("Completed");
  }

  @Test
  void readinessFollowsTheProbe() throws IOException {
    Path file = home.resolve("ready");
    pod(
        """
          containers:
          - name: c
            image: sh
            args: [sleep 1000]
            readinessProbe: {periodSeconds: 1, failureThreshold: 1, exec: {command: [test, -e, %s]}}
        """
            .formatted(file));
    await()
        .untilAsserted(
            () -> assertThat(condition(pod(), "Ready")).isEqualTo("False ContainersNotReady"));
    Files.createFile(file);
    awaitReady();
    Files.delete(file);
    await()
        .untilAsserted(
            () -> assertThat(condition(pod(), "Ready")).isEqualTo("False ContainersNotReady"));
    assertThat(container(0).path("restartCount").asInt()).isZero();
  }

  @Test
  void aPodThatTheClusterGaveUpIsReadyAgain() {
    pod("  containers: [{name: c, image: sh, args: [sleep 1000]}]");
    awaitReady();
    cluster.registry.editStatus(
        ResourceTypes.PODS,
        "default",
        "p",
        present -> {
          for (JsonNode each : present.path("status").path("conditions")) {
            if (each.path("type").asText().equals("Ready")) {
              ((ObjectNode) each).put("status", "False");
            }
          }
          return present;
        });
    awaitReady();
  }

  @Test
  void aProgramThatIsNotAliveIsRestarted() throws IOException {
    Path file = Files.createFile(home.resolve("alive"));
    pod(
        """
          terminationGracePeriodSeconds: 1
          containers:
          - name: c
            image: sh
            args: [sleep 1000]
            livenessProbe: {periodSeconds: 1, failureThreshold: 1, exec: {command: [test, -e, %s]}}
        """
            .formatted(file));
    awaitReady();
    Files.delete(file);
    await().untilAsserted(() -> assertThat(container(0).path("restartCount").asInt()).isPositive());
    await()
        .untilAsserted(() ->
            assertThat(events())
                .anyMatch(event -> event.startsWith("Unhealthy: Liveness probe failed"))
                .contains("Killing: Container c failed liveness probe, will be restarted"));
  }

  @Test
  void aBuiltInImageIsFoundByItsProbeOnThePortItWasGiven() {
    pod(
        """
          containers:
          - name: c
            image: dev.local/helloworld
            ports: [{name: http, containerPort: 8080}]
            readinessProbe: {httpGet: {path: /, port: http}}
        """);
    awaitReady();
  }

  private InputStream open(String container, boolean follow, boolean previous, long tail)
      throws IOException {
    ContainerLogs logs =
        new ContainerLogs(
            home.resolve("pods"), pod -> cluster.registry.find(ResourceTypes.PODS, "default", "p"));
    return logs.open(
        pod(),
        new PodLogs.Options(
            container,
            follow,
            previous,
            false,
            tail < 0 ? OptionalLong.empty() : OptionalLong.of(tail),
            Optional.empty(),
            OptionalLong.empty()));
  }

  private String logs(boolean previous, long tail) throws IOException {
    try (InputStream log = open("c", false, previous, tail)) {
      return new String(log.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void theLogOfEachStartCanBeRead() throws IOException {
    pod("  containers: [{name: c, image: sh, args: ['echo one; echo two; echo three; exit 1']}]");
    await().untilAsserted(() -> assertThat(container(0).path("restartCount").asInt()).isEqualTo(2));
    String last = logs(false, -1);
    assertThat(last).isEqualTo("one\ntwo\nthree\n");
    assertThat(logs(true, -1)).isEqualTo(last);
    assertThat(logs(false, 2)).isEqualTo("two\nthree\n");
    assertThat(logs(false, 0)).isEmpty();
  }

  @Test
  void aFollowedLogEndsWithTheProgram() throws Exception {
    Path file = home.resolve("end");
    pod(
        """
          restartPolicy: Never
          containers:
          - name: c
            image: sh
            args: ["echo one; while ! test -e %s; do sleep 0.01; done; echo two"]
        """
            .formatted(file));
    awaitReady();
    try (InputStream log = open("c", true, false, -1)) {
      assertThat(new String(log.readNBytes(4), StandardCharsets.UTF_8)).isEqualTo("one\n");
      Files.createFile(file);
      assertThat(new String(log.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("two\n");
    }
  }

  @Test
  void aLogThatIsNotThereIsRefusedInKubernetesWords() {
    pod("  containers: [{name: c, image: nowhere}]");
    await().untilAsserted(() -> assertThat(container(0).path("state").has("waiting")).isTrue());
    assertThatThrownBy(() -> logs(false, -1))
        .isInstanceOf(ApiException.class)
        .hasMessageContaining("container \"c\" in pod \"p\" is waiting to start: ");
    assertThatThrownBy(() -> logs(true, -1))
        .hasMessage("previous terminated container \"c\" in pod \"p\" not found");
  }

  @Test
  void deletionGivesTheProgramItsGraceAndThenLetsThePodGo() throws IOException {
    Path file = home.resolve("bye");
    pod(
        """
          containers:
          - name: c
            image: sh
            args: ["trap 'echo bye > %1$s; exit 0' TERM; while :; do sleep 0.01; done"]
            lifecycle: {preStop: {exec: {command: [touch, %1$s.hook]}}}
        """
            .formatted(file));
    awaitReady();
    Path logs = PodDirectory.of(home.resolve("pods"), pod()).path();
    cluster.registry.delete(ResourceTypes.PODS, "default", "p", DeleteOptions.DEFAULT);
    await().untilAsserted(() -> assertThat(cluster.pods()).isEmpty());
    assertThat(file).hasContent("bye\n");
    assertThat(home.resolve("bye.hook")).exists();
    await().untilAsserted(() -> assertThat(logs).doesNotExist());
  }

  @Test
  void aProgramThatIgnoresSigtermIsKilledWhenItsGraceIsOver() {
    pod(
        """
          terminationGracePeriodSeconds: 1
          containers: [{name: c, image: sh, args: ["trap '' TERM; while :; do sleep 0.01; done"]}]
        """);
    awaitReady();
    cluster.registry.delete(ResourceTypes.PODS, "default", "p", DeleteOptions.DEFAULT);
    await().untilAsserted(() -> assertThat(cluster.pods()).isEmpty());
  }

  @Test
  void theNextKubeletStartsWhatTheLastOneLost() throws IOException {
    pod("  containers: [{name: c, image: sh, args: [sleep 1000]}]");
    awaitReady();
    kubelet.close(Duration.ofSeconds(5));
    kubelet = kubelet();
    kubelet.start();
    await().untilAsserted(() -> assertThat(container(0).path("restartCount").asInt()).isEqualTo(1));
    awaitReady();
    assertThat(container(0).path("lastState").path("terminated").path("reason").asText())
        .isEqualTo("ContainerStatusUnknown");
  }
}
