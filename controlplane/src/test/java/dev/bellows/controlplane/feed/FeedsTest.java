package dev.bellows.controlplane.feed;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.api.networking.IngressSpec;
import dev.bellows.api.networking.IngressTls;
import dev.bellows.api.networking.KIngress;
import dev.bellows.controlplane.Stage;
import dev.bellows.controlplane.feed.RevisionFeed.ClusterIps;
import dev.bellows.controlplane.watch.Cluster;
import dev.bellows.core.revision.Protocol;
import dev.bellows.core.revision.Revision;
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
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the data plane hears while a Service comes up and goes; each thing once. */
class FeedsTest implements RevisionListener, IngressListener {
  private final Stage stage = new Stage();
  private final List<String> heard = new ArrayList<>();

  FeedsTest() {
    Cluster cluster = stage.world.cluster;
    new RevisionFeed(
        new RevisionFeed.Views(cluster.revisions(), cluster.services(), cluster.endpoints()),
        this,
        stage.config,
        ClusterIps.NOT_DIALABLE);
    new IngressFeed(
        stage.world.ingressViews(),
        this,
        "bellows.ingress.networking.knative.dev",
        "cluster.local");
  }

  @Test
  void anActivatorHearsOfARevisionThenOfItsPods() {
    stage.apply("hello", "dev.local/helloworld");
    stage.settle();
    stage.autoscalerTakesUp("hello-00001");
    heard.clear();
    stage.podsReady("hello-00001", "10.1.0.2:40001", "10.1.0.1:8012");
    assertThat(heard).containsExactly("pods default/hello-00001 [10.1.0.1:8012, 10.1.0.2:40001]");
    heard.clear();
    stage.podsReady("hello-00001", "10.1.0.1:8012", "10.1.0.2:40001");
    assertThat(heard).as("the same in another order").isEmpty();
    stage.mode("hello-00001", "Serve");
    assertThat(heard)
        .contains("public default/hello-00001 [10.1.0.1, 10.1.0.2]")
        .noneMatch(call -> call.startsWith("pods"));
    heard.clear();
    stage.world.remove(
        stage.world.cluster.revisions().find("default", "hello-00001").orElseThrow());
    assertThat(heard).contains("revision gone default/hello-00001");
  }

  @Test
  void whatARevisionLeavesOpenIsFilledIn() {
    stage.apply("hello", "dev.local/helloworld");
    stage.settle();
    assertThat(heard)
        .contains("revision default/hello-00001 of hello, HTTP1, concurrency 0, timeout PT5M");
  }

  @Test
  void aGatewayHearsOfTheServiceBeforeTheIngressThatLeadsToIt() {
    stage.apply("hello", "dev.local/helloworld");
    stage.settle();
    stage.comesUp("hello-00001", "10.1.0.1:40001");
    assertThat(gateway().stream().filter(call -> !call.contains("unready")))
        .containsExactly(
            "gateway: service default/hello-00001 80 -> [10.9.0.1:8012] by HTTP1",
            "gateway: ingress default/hello 1");
    heard.clear();
    stage.mode("hello-00001", "Serve");
    assertThat(heard)
        .contains("gateway: service default/hello-00001 80 -> [10.1.0.1:40001] by HTTP1");
    heard.clear();
    stage.world.remove(stage.world.cluster.ingresses().find("default", "hello").orElseThrow());
    assertThat(heard)
        .containsExactly(
            "gateway: ingress gone default/hello", "gateway: service gone default/hello-00001");
  }

  @Test
  void aGatewayHearsOfTheSecretsThatItsIngressesNameAndOfNoOthers() {
    stage.world.given(secret("other", "-----BEGIN"));
    KIngress ingress = new KIngress();
    ingress.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace("default")
            .withName("mapped")
            .addToAnnotations(
                "networking.knative.dev/ingress.class", "bellows.ingress.networking.knative.dev")
            .build());
    ingress.setSpec(
        new IngressSpec(
            "Enabled",
            List.of(new IngressTls(List.of("hello.example.com"), "tls", "default")),
            List.of()));
    stage.world.given(ingress);
    stage.settle();
    assertThat(gateway()).containsExactly("gateway: ingress default/mapped 1");
    assertThat(networkConfigured())
        .isEqualTo(
            "False CertificateNotReady: Secret default/tls does not exist, or is not of type"
                + " kubernetes.io/tls.");

    heard.clear();
    Secret bad = stage.world.given(secret("tls", "rubbish"));
    stage.settle();
    assertThat(networkConfigured())
        .isEqualTo(
            "False CertificateNotReady: Secret default/tls cannot be used: no certificate in it.");
    assertThat(gateway()).isEmpty();

    stage.world.changed(bad, _ -> secret("tls", "-----BEGIN 1"));
    stage.settle();
    assertThat(gateway()).containsExactly("gateway: Secret default/tls");
    assertThat(networkConfigured()).startsWith("True");

    heard.clear();
    stage.world.changed(bad, _ -> secret("tls", "rubbish again"));
    stage.settle();
    assertThat(networkConfigured()).as("the last good one is shown").startsWith("True");

    stage.world.remove(bad);
    stage.settle();
    assertThat(gateway()).containsExactly("gateway: secret gone default/tls");
    assertThat(networkConfigured()).startsWith("False");
  }

  private List<String> gateway() {
    return heard.stream().filter(call -> call.startsWith("gateway")).toList();
  }

  private String networkConfigured() {
    return stage
        .world
        .cluster
        .ingresses()
        .find("default", "mapped")
        .orElseThrow()
        .getStatus()
        .conditions()
        .stream()
        .filter(each -> each.type().equals("NetworkConfigured"))
        .map(each -> each.status() + " " + each.reason() + ": " + each.message())
        .findFirst()
        .orElse("");
  }

  private static Secret secret(String name, String certificate) {
    return new SecretBuilder()
        .withNewMetadata()
        .withNamespace("default")
        .withName(name)
        .endMetadata()
        .withType("kubernetes.io/tls")
        .addToData("tls.crt", Base64.getEncoder().encodeToString(certificate.getBytes(UTF_8)))
        .addToData("tls.key", "")
        .build();
  }

  @Test
  void aGatewayHearsWhyARouteIsNotReady() {
    stage.unknownImages.add("dev.local/missing");
    stage.apply("hello", "dev.local/missing");
    stage.settle();
    assertThat(gateway().getLast())
        .startsWith(
            "gateway: unready Route default/hello [hello.default, hello.default.svc,"
                + " hello.default.svc.cluster.local, hello.default.example.com]: RevisionFailed:"
                + " Revision \"hello-00001\" failed");
    heard.clear();
    stage.apply("hello", "dev.local/helloworld");
    stage.settle();
    stage.comesUp("hello-00002", "10.1.0.1:40001");
    assertThat(gateway()).contains("gateway: unready no more Route default/hello");
    heard.clear();
    stage.apply("other", "dev.local/helloworld");
    stage.world.remove(stage.world.cluster.routes().find("default", "hello").orElseThrow());
    assertThat(gateway()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"http2,H2C", "h2c,H2C", "http,HTTP1", "'',HTTP1", "grpc,HTTP1"})
  void aServicesPortSaysByItsNameWhatIsSpokenThere(String portName, Protocol protocol) {
    assertThat(Protocol.ofServicePort(portName)).isEqualTo(protocol);
  }

  @Override
  public void onRevision(Revision revision) {
    heard.add(
        "revision %s of %s, %s, concurrency %d, timeout %s"
            .formatted(
                revision.id(),
                revision.service(),
                revision.protocol(),
                revision.containerConcurrency(),
                revision.timeout()));
  }

  @Override
  public void onRevisionDeleted(RevisionId id) {
    heard.add("revision gone " + id);
  }

  @Override
  public void onPrivateEndpoints(RevisionId id, Endpoints endpoints, Optional<Address> clusterIp) {
    heard.add("pods " + id + " " + endpoints.ready());
  }

  @Override
  public void onPublicEndpoints(RevisionId id, List<String> readyIps) {
    heard.add("public " + id + " " + readyIps);
  }

  @Override
  public void onIngress(Ingress ingress) {
    heard.add(
        "gateway: ingress %s/%s %d"
            .formatted(ingress.namespace(), ingress.name(), ingress.version()));
  }

  @Override
  public void onIngressDeleted(String namespace, String name) {
    heard.add("gateway: ingress gone " + namespace + "/" + name);
  }

  @Override
  public void onService(ServiceId service, Map<String, ServicePort> byPort) {
    byPort.forEach((name, port) -> {
      if (name.startsWith("8")) {
        heard.add(
            "gateway: service %s %s -> %s by %s%s"
                .formatted(
                    service,
                    name,
                    port.endpoints().ready(),
                    port.protocol(),
                    port.asleep() ? ", asleep" : ""));
      }
    });
  }

  @Override
  public void onServiceDeleted(ServiceId service) {
    heard.add("gateway: service gone " + service);
  }

  @Override
  public void onTlsSecret(TlsSecret secret) {
    stage.onTlsSecret(secret);
    heard.add("gateway: " + secret);
  }

  @Override
  public void onTlsSecretDeleted(SecretId secret) {
    heard.add("gateway: secret gone " + secret);
  }

  @Override
  public void onUnready(Unready subject) {
    heard.add(
        "gateway: unready %s %s: %s".formatted(subject.subject(), subject.hosts(), subject.why()));
  }

  @Override
  public void onUnreadyNoMore(String kind, String namespace, String name) {
    heard.add("gateway: unready no more %s %s/%s".formatted(kind, namespace, name));
  }
}
