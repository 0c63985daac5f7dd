package dev.bellows.embedded.kubelet;

import static dev.bellows.embedded.workload.ObjectsOfACluster.condition;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.core.route.Address;
import dev.bellows.dataplane.probe.Prober;
import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.embedded.apiserver.DeleteOptions;
import dev.bellows.embedded.apiserver.ResourceTypes;
import dev.bellows.embedded.image.BuiltInImages;
import dev.bellows.embedded.image.Image;
import dev.bellows.embedded.image.ImageRegistry;
import dev.bellows.embedded.network.LoopbackNetwork;
import dev.bellows.embedded.runtime.ContainerId;
import dev.bellows.embedded.runtime.process.ProcessRuntime;
import dev.bellows.embedded.runtime.process.Root;
import dev.bellows.embedded.workload.ObjectsOfACluster;
import dev.bellows.embedded.workload.Placement;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Volumes as programs find them, and what a pod says that cannot have its own. */
class VolumesTest {
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
    images.add(new Image("sh", List.of("sh", "-c"), Map.of(), Optional.empty()));
    cluster.create(
        ResourceTypes.CONFIG_MAPS,
        "{metadata: {name: settings, namespace: default}, data: {color: blue, size: large},"
            + " binaryData: {logo: AAEC}}");
    cluster.create(
        ResourceTypes.SECRETS,
        "{metadata: {name: keys, namespace: default}, data: {key: b3BlbiBzZXNhbWU=}}");
  }

  private final EventLoopGroup loops = EventLoops.create("test", 1);

  private void start(boolean privileged) throws IOException {
    if (privileged) {
      Root.assume();
    }
    kubelet =
        new Kubelet(
            new Node(
                "here",
                new RegistryNodeApi(
                    cluster.registry, cluster.informers, cluster.events, ObjectsOfACluster.TOKENS),
                new ProcessRuntime(
                    home.resolve("runtime"),
                    Optional.empty(),
                    privileged,
                    System.getenv(),
                    Clock.systemUTC()),
                NO_QUEUE_PROXY,
                images,
                network,
                new Prober(loops),
                home.resolve("pods"),
                home.resolve("volumes"),
                Clock.systemUTC()));
    kubelet.start();
  }

  @AfterEach
  void close() throws IOException {
    if (kubelet != null) {
      kubelet.close();
    }
    network.close();
    cluster.close();
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2_000);
    assertThat(Files.readString(Path.of("/proc/self/mountinfo")))
        .doesNotContain(home.getFileName().toString());
  }

  private void pod(String spec) {
    cluster.create(
        ResourceTypes.PODS,
        "metadata: {name: p, namespace: default, labels: {app: web}}\nspec:\n" + spec);
  }

  private ObjectNode pod() {
    return cluster.get(ResourceTypes.PODS, "p");
  }

  private List<String> log(String container) throws IOException {
    Path file = PodDirectory.of(home.resolve("pods"), pod()).log(container, 0);
    return Files.exists(file)
        ? Files.readAllLines(file).stream().map(line -> line.split(" ", 4)[3]).toList()
        : List.of();
  }

  private void awaitLog(String container, String... lines) {
    await().untilAsserted(() -> assertThat(log(container)).containsExactly(lines));
  }

  private List<String> events() {
    return cluster.list(ResourceTypes.EVENTS).stream()
        .map(event -> event.path("reason").asText() + ": " + event.path("message").asText())
        .toList();
  }

  private void awaitEvent(String text) {
    await().untilAsserted(() -> assertThat(events()).contains(text));
  }

  @Test
  void volumesOfEveryKindAreWhereThePodWantsThem() throws IOException {
    start(true);
    pod(
        """
          containers:
          - name: c
            image: sh
            args:
            - cd /etc/nowhere/all && cat color key labels token ns && cat deep/er/size cpu &&
              stat -Lc %a key && od -An -tx1 /etc/logo && cat /opt/nowhere/key && ls /opt/nowhere;
              echo; cat /var/run/secrets/kubernetes.io/serviceaccount/namespace; echo;
              touch color 2>/dev/null || echo refused; sleep 1000
            resources: {limits: {cpu: 1500m}}
            volumeMounts:
            - {name: all, mountPath: /etc/nowhere/all}
            - {name: map, mountPath: /etc/logo, subPath: logo}
            - {name: secret, mountPath: /opt/nowhere}
          volumes:
          - name: map
            configMap: {name: settings}
          - name: secret
            secret: {secretName: keys}
          - name: all
            projected:
              sources:
              - configMap: {name: settings, items: [{key: color, path: color}, {key: size, path: deep/er/size}]}
              - secret: {name: keys, items: [{key: key, path: key, mode: 0400}]}
              - downwardAPI:
                  items:
                  - {path: labels, fieldRef: {fieldPath: metadata.labels}}
                  - {path: ns, fieldRef: {fieldPath: metadata.namespace}}
                  - {path: cpu, resourceFieldRef: {containerName: c, resource: limits.cpu}}
              - serviceAccountToken: {path: token}
              - configMap: {name: nobody-has-it, optional: true}
        """);
    await()
        .untilAsserted(() ->
            assertThat(String.join("|", log("c")))
                .startsWith(
                    "blueopen sesameapp=\"web\"token of default/defaultdefaultlarge2400| 00 01"
                        + " 02|open sesamekey|"));
    await().untilAsserted(() -> assertThat(log("c")).contains("default", "refused"));
  }

  @Test
  void aChangeReachesTheRunningProgramAllAtOnceUnlessBySubPath() throws IOException {
    start(true);
    pod(
        """
          containers:
          - name: c
            image: sh
            args:
            - cat /etc/nowhere/color /etc/color; echo;
              while [ $(cat /etc/nowhere/color) = blue ]; do sleep 0.05; done;
              cat /etc/nowhere/color /etc/nowhere/size /etc/color; echo; ls /etc/nowhere; sleep 1000
            volumeMounts:
            - {name: map, mountPath: /etc/nowhere}
            - {name: map, mountPath: /etc/color, subPath: color}
          volumes: [{name: map, configMap: {name: settings}}]
        """);
    awaitLog("c", "blueblue");
    cluster.registry.edit(
        ResourceTypes.CONFIG_MAPS,
        "default",
        "settings",
        map -> {
          map.putObject("data").put("color", "red").put("size", "small");
          map.remove("binaryData");
          return map;
        });
    awaitLog("c", "blueblue", "redsmallblue", "color", "size");
    Path volume =
        home.resolve("volumes").resolve(pod().at("/metadata/uid").asText()).resolve("map");
    try (var files = Files.list(volume)) {
      assertThat(files.map(each -> each.getFileName().toString()))
          .filteredOn(name -> name.startsWith(".."))
          .hasSize(2); // the link and the one directory that it leads to
    }
  }

  @Test
  void containersShareAnEmptyDirectoryWhichEndsWithThePod() throws IOException {
    start(true);
    pod(
        """
          securityContext: {fsGroup: 4321}
          initContainers:
          - name: first
            image: sh
            args: ["echo hello > /nowhere/file; echo again > /inmemory/file; df /inmemory | grep -c tmpfs"]
            volumeMounts: [{name: disk, mountPath: /nowhere}, {name: memory, mountPath: /inmemory}]
          containers:
          - name: c
            image: sh
            args:
            - cat /elsewhere/file /inmemory/file; stat -c %g:%a /elsewhere;
              dd if=/dev/zero of=/inmemory/big bs=1M count=3 2>/dev/null || echo full;
              touch /part/x; sleep 1000
            volumeMounts:
            - {name: disk, mountPath: /elsewhere}
            - {name: memory, mountPath: /inmemory}
            - {name: disk, mountPath: /part, subPath: a/b}
          volumes:
          - {name: disk, emptyDir: {}}
          - {name: memory, emptyDir: {medium: Memory, sizeLimit: 2Mi}}
        """);
    awaitLog("c", "hello", "again", "4321:2777", "full");
    awaitLog("first", "1");
    Path volumes = home.resolve("volumes").resolve(pod().at("/metadata/uid").asText());
    await().untilAsserted(() -> assertThat(volumes.resolve("disk/a/b/x")).exists());
    cluster.registry.delete(ResourceTypes.PODS, "default", "p", DeleteOptions.DEFAULT.withGrace(0));
    await().untilAsserted(() -> assertThat(volumes).doesNotExist());
  }

  @Test
  void aPodWaitsForAMissingConfigMapAndSaysSo() throws IOException {
    start(true);
    pod(
        """
          containers:
          - name: c
            image: sh
            args: [cat /etc/nowhere/word; echo; sleep 1000]
            volumeMounts: [{name: late, mountPath: /etc/nowhere}]
          volumes: [{name: late, configMap: {name: late}}]
        """);
    awaitEvent(
        "FailedMount: MountVolume.SetUp failed for volume \"late\" : configmap \"late\" not found");
    assertThat(
            pod()
                .at("/status/containerStatuses/0/state/waiting/reason")
                .asText("ContainerCreating"))
        .isEqualTo("ContainerCreating");
    cluster.create(
        ResourceTypes.CONFIG_MAPS,
        "{metadata: {name: late, namespace: default}, data: {word: come}}");
    awaitLog("c", "come");
  }

  @Test
  void aPathThatLeadsOutOfTheVolumeIsRefused() {
    // The API takes no such pod; an API server that takes one does not lead this node astray.
    AtomicDirectory volume = new AtomicDirectory(home.resolve("volume"), OptionalInt.empty());
    assertThatThrownBy(() ->
            volume.write(
                Map.of("../out", new AtomicDirectory.Content(ByteBuffer.allocate(1), 420))))
        .hasMessage("\"../out\" is no path within a volume");
    assertThat(home.resolve("out")).doesNotExist();
  }

  @Test
  void withoutPrivilegesAPodWithAVolumeSaysWhatToDoAndNothingIsWritten() throws IOException {
    start(false);
    pod(
        """
          containers:
          - {name: c, image: sh, args: [sleep 1000], volumeMounts: [{name: map, mountPath: /srv/x}]}
          volumes: [{name: map, configMap: {name: settings}}]
        """);
    awaitEvent(
        "FailedMount: MountVolume.SetUp failed for volume \"map\" : a program cannot have it at"
            + " /srv/x: told to do without privileges; run Bellows as root, or pass the values as"
            + " variables");
    assertThat(home.resolve("volumes")).doesNotExist();
    assertThat(Path.of("/srv/x")).doesNotExist();
  }

  @Test
  void aContainerThatUsesUpItsMemoryIsOomKilled() throws IOException {
    start(true);
    pod(
        """
          restartPolicy: Never
          containers:
          - name: c
            image: sh
            args: [exec dd if=/dev/zero of=/dev/null bs=200M count=1]
            resources: {limits: {memory: 32Mi, cpu: 500m}}
        """);
    await()
        .untilAsserted(() ->
            assertThat(pod().at("/status/containerStatuses/0/state/terminated/reason").asText())
                .isEqualTo("OOMKilled"));
    assertThat(pod().at("/status/containerStatuses/0/state/terminated/exitCode").asInt())
        .isEqualTo(137);
  }

  @Test
  void programsRunAsWhomTheSecurityContextSays() throws IOException {
    start(true);
    pod(
        """
          securityContext: {runAsUser: 61234, runAsGroup: 61235, fsGroup: 61236}
          containers:
          - {name: c, image: sh, args: [id -u; id -G; sleep 1000]}
          - {name: d, image: sh, args: [id -u; sleep 1000], securityContext: {runAsUser: 61237}}
        """);
    awaitLog("c", "61234", "61235 61236");
    awaitLog("d", "61237");
  }

  @Test
  void aPodThatMustNotBeRootAndWouldBeIsNotStarted() throws IOException {
    start(true);
    pod(
        """
          securityContext: {runAsNonRoot: true}
          containers: [{name: c, image: sh, args: [sleep 1000]}]
        """);
    await()
        .untilAsserted(() ->
            assertThat(pod().at("/status/containerStatuses/0/state/waiting"))
                .hasToString(
                    "{\"reason\":\"CreateContainerConfigError\",\"message\":\"container has"
                        + " runAsNonRoot and image will run as root\"}"));
  }

  @Test
  void withoutPrivilegesAPodDoesWithoutItsAccountsToken() throws IOException {
    start(false);
    pod("  containers: [{name: c, image: sh, args: [sleep 1000]}]");
    assertThat(pod().at("/spec/volumes/0/projected/sources/0/serviceAccountToken/path").asText())
        .isEqualTo("token");
    await().untilAsserted(() -> assertThat(condition(pod(), "Ready")).startsWith("True"));
  }
}
