package dev.bellows.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bellows.api.serving.Revision;
import dev.bellows.api.serving.Service;
import dev.bellows.controlplane.Autoscaling;
import dev.bellows.controlplane.ControlPlane;
import dev.bellows.controlplane.ControlPlaneConfig;
import dev.bellows.controlplane.NetworkingLayer;
import dev.bellows.controlplane.Serving;
import dev.bellows.controlplane.bucket.Election;
import dev.bellows.controlplane.bucket.Ownership;
import dev.bellows.controlplane.feed.RevisionFeed;
import dev.bellows.controlplane.feed.RevisionFeed.ClusterIps;
import dev.bellows.controlplane.reconcile.podautoscaler.ProbeAddresses;
import dev.bellows.controlplane.reconcile.revision.DigestResolver;
import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.route.Address;
import dev.bellows.core.route.Endpoints;
import dev.bellows.core.route.Ingress;
import dev.bellows.core.route.IngressListener;
import dev.bellows.core.route.RevisionListener;
import dev.bellows.core.route.SecretId;
import dev.bellows.core.route.ServiceId;
import dev.bellows.core.route.ServicePort;
import dev.bellows.core.route.TlsSecret;
import dev.bellows.core.route.Unready;
import io.fabric8.kubernetes.api.model.EndpointsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The control plane over a real API: HTTP, TLS, watches, and whatever the server makes of it. The
 * test plays the kubelet and the Endpoints' controller.
 */
class ControlPlaneTest implements RevisionListener, IngressListener {
  private final Map<RevisionId, Endpoints> pods = new ConcurrentHashMap<>();
  private final Map<String, Ingress> ingresses = new ConcurrentHashMap<>();
  @TempDir private Path home;
  private EmbeddedApi api;
  private KubernetesClient client;
  private ControlPlane controlPlane;
  private Autoscaling autoscaling;

  @BeforeEach
  void start() throws Exception {
    api = new EmbeddedApi(home);
    client = api.client;
    activatorIsAt("127.0.0.1");
    controlPlane = new ControlPlane(client, ControlPlaneConfig.embedded(), Clock.systemUTC());
    RevisionFeed.Views views = RevisionFeed.Views.watch(controlPlane.informers());
    new RevisionFeed(views, this, controlPlane.config(), ClusterIps.NOT_DIALABLE);
    new NetworkingLayer(controlPlane, this);
    new Serving(
        controlPlane,
        DigestResolver.ofLocalImages(image -> !image.contains("missing")),
        Election.ofAll());
    autoscaling =
        new Autoscaling(
            controlPlane,
            ProbeAddresses.byEndpoints(views.endpoints()),
            Ownership.ofAll(),
            new Random(1));
    long before = System.nanoTime();
    controlPlane.start();
    System.out.printf("control plane started in %d ms%n", (System.nanoTime() - before) / 1_000_000);
    autoscaling.start();
  }

  @AfterEach
  void stop() {
    autoscaling.close();
    controlPlane.close();
    api.close();
  }

  @Test
  void aServiceBecomesReadyAndThenNothingIsWrittenAnyMore() {
    apply("hello", "dev.local/helloworld");
    Pod pod =
        await()
            .atMost(Duration.ofSeconds(20))
            .until(this::onlyPod, Optional::isPresent)
            .orElseThrow();
    comesUp(pod, "127.0.0.7", 40007);
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() ->
            assertThat(pods.getOrDefault(id("hello-00001"), Endpoints.NONE).ready())
                .containsExactly(new Address("127.0.0.7", 40007)));
    await().atMost(Duration.ofSeconds(20)).until(() -> isReady("hello"));
    Service service = service("hello");
    assertThat(service.getStatus().url()).isEqualTo("http://hello.default.example.com");
    assertThat(ingresses).containsKey("hello");
    long[] writes = {-1};
    await()
        .during(Duration.ofSeconds(2))
        .atMost(Duration.ofSeconds(20))
        .until(() -> {
          long before = writes[0];
          writes[0] = api.store.writes();
          return writes[0] == before;
        });
  }

  @Test
  void anUnknownImageIsToldInReady() {
    apply("hello", "dev.local/missing");
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() ->
            assertThat(readyMessage("hello"))
                .contains("Unable to fetch image", "bellows image add dev.local/missing"));
  }

  @Test
  void deletingAServiceTakesEverythingWithIt() {
    apply("hello", "dev.local/helloworld");
    await().atMost(Duration.ofSeconds(20)).until(this::onlyPod, Optional::isPresent);
    client.resources(Service.class).inNamespace("default").withName("hello").delete();
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> {
          assertThat(client.resources(Revision.class).inNamespace("default").list().getItems())
              .isEmpty();
          assertThat(client.pods().inNamespace("default").list().getItems()).isEmpty();
          assertThat(client.services().inNamespace("default").list().getItems())
              .noneMatch(each -> each.getMetadata().getName().startsWith("hello"));
        });
    await().untilAsserted(() -> assertThat(ingresses).isEmpty());
  }

  private void apply(String name, String image) {
    Service service =
        client
            .getKubernetesSerialization()
            .unmarshal(
                """
                apiVersion: serving.knative.dev/v1
                kind: Service
                metadata: {name: %s, namespace: default}
                spec:
                  template:
                    spec:
                      containerConcurrency: 0
                      timeoutSeconds: 300
                      containers:
                      - name: user-container
                        image: %s
                        readinessProbe: {successThreshold: 1, tcpSocket: {port: 0}}
                        resources: {}
                  traffic: [{latestRevision: true, percent: 100}]
                """
                    .formatted(name, image),
                Service.class);
    client.resource(service).create();
  }

  private Optional<Pod> onlyPod() {
    List<Pod> found = client.pods().inNamespace("default").list().getItems();
    return found.size() == 1 ? Optional.of(found.getFirst()) : Optional.empty();
  }

  /** What a kubelet and the Endpoints' controller would write. */
  private void comesUp(Pod pod, String ip, int port) {
    client
        .resource(
            new PodBuilder(pod)
                .withNewStatus()
                .withPhase("Running")
                .withPodIP(ip)
                .withStartTime(Clock.systemUTC().instant().toString())
                .addNewCondition()
                .withType("Ready")
                .withStatus("True")
                .endCondition()
                .endStatus()
                .build())
        .updateStatus();
    String name = pod.getMetadata().getLabels().get("serving.knative.dev/revision") + "-private";
    var service =
        await()
            .atMost(Duration.ofSeconds(20))
            .until(
                () -> client.services().inNamespace("default").withName(name).get(),
                Objects::nonNull);
    client
        .resource(
            new EndpointsBuilder()
                .withNewMetadata()
                .withNamespace("default")
                .withName(name)
                .withLabels(service.getMetadata().getLabels())
                .endMetadata()
                .addNewSubset()
                .addNewAddress()
                .withIp(ip)
                .endAddress()
                .addNewPort(null, "http", port, "TCP")
                .endSubset()
                .build())
        .create();
  }

  private void activatorIsAt(String ip) {
    client
        .resource(
            new EndpointsBuilder()
                .withNewMetadata()
                .withNamespace("knative-serving")
                .withName("activator-service")
                .endMetadata()
                .addNewSubset()
                .addNewAddress()
                .withIp(ip)
                .endAddress()
                .addNewPort(null, "http", 8012, "TCP")
                .addNewPort(null, "http2", 8013, "TCP")
                .endSubset()
                .build())
        .create();
  }

  private Service service(String name) {
    return client.resources(Service.class).inNamespace("default").withName(name).get();
  }

  private String readyMessage(String name) {
    var status = service(name).getStatus();
    return status == null
        ? ""
        : status.condition("Ready").map(ready -> ready.read().message()).orElse("");
  }

  private boolean isReady(String name) {
    var status = service(name).getStatus();
    return status != null && status.isTrue("Ready");
  }

  private static RevisionId id(String revision) {
    return new RevisionId("default", revision);
  }

  @Override
  public void onRevision(dev.bellows.core.revision.Revision revision) {}

  @Override
  public void onRevisionDeleted(RevisionId id) {
    pods.remove(id);
  }

  @Override
  public void onPrivateEndpoints(RevisionId id, Endpoints endpoints, Optional<Address> clusterIp) {
    pods.put(id, endpoints);
  }

  @Override
  public void onPublicEndpoints(RevisionId id, List<String> readyIps) {}

  @Override
  public void onIngress(Ingress ingress) {
    ingresses.put(ingress.name(), ingress);
  }

  @Override
  public void onIngressDeleted(String namespace, String name) {
    ingresses.remove(name);
  }

  @Override
  public void onService(ServiceId service, Map<String, ServicePort> byPort) {}

  @Override
  public void onServiceDeleted(ServiceId service) {}

  @Override
  public void onTlsSecret(TlsSecret secret) {}

  @Override
  public void onTlsSecretDeleted(SecretId secret) {}

  @Override
  public void onUnready(Unready subject) {}

  @Override
  public void onUnreadyNoMore(String kind, String namespace, String name) {}
}
