package dev.bellows.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.bellows.api.Condition;
import dev.bellows.api.ConditionedStatus;
import dev.bellows.api.networking.Certificate;
import dev.bellows.api.networking.CertificateSpec;
import dev.bellows.api.networking.CertificateStatus;
import dev.bellows.api.networking.Http01Challenge;
import dev.bellows.api.networking.HttpIngressPath;
import dev.bellows.api.networking.IngressRule;
import dev.bellows.api.networking.IngressTls;
import dev.bellows.api.networking.KIngress;
import dev.bellows.api.serving.DomainMapping;
import dev.bellows.api.serving.Route;
import dev.bellows.api.serving.TrafficTarget;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Hosts get certificates from whoever provides them, and plain HTTP as long as that is allowed. */
class CertificatesTest {
  private static final String HOST = "hello.default.example.com";
  private static final String LOCAL = "hello.default.svc.cluster.local";

  private final Stage stage = new Stage();

  @BeforeEach
  void helloIsThere() {
    stage.apply("hello", "dev.local/helloworld");
    stage.settle();
    stage.comesUp("hello-00001", "10.1.0.1:8012");
    assertThat(says()).isEqualTo("True TLSNotEnabled");
    assertThat(certificates()).isEmpty();
  }

  @Test
  void aPublicHostIsServedInPlainHttpUntilItsCertificateIsThere() {
    network("external-domain-tls", "enabled");
    Certificate wanted = certificate(name());
    assertThat(wanted.getSpec())
        .isEqualTo(new CertificateSpec(List.of(HOST), "example.com", name()));
    assertThat(wanted.getMetadata().getLabels())
        .containsEntry("serving.knative.dev/route", "hello")
        .containsEntry("networking.knative.dev/certificate-type", "external-domain");
    assertThat(wanted.getMetadata().getAnnotations())
        .containsEntry(
            "networking.knative.dev/certificate.class",
            "cert-manager.certificate.networking.knative.dev");
    assertThat(says()).isEqualTo("True HTTPDowngrade");
    assertThat(route().getStatus().url()).isEqualTo("http://" + HOST);
    assertThat(ingress().getSpec().tls()).isEmpty();

    provided(name(), "True", "");
    assertThat(says()).isEqualTo("True");
    assertThat(route().getStatus().url()).isEqualTo("https://" + HOST);
    assertThat(ingress().getSpec().tls())
        .containsExactly(new IngressTls(List.of(HOST), name(), "default"));
    assertThat(route().getStatus().address().url()).isEqualTo("http://" + LOCAL);
    stage.world.written.clear();
    stage.settle();
    assertThat(stage.world.written).isEmpty();
  }

  @Test
  void whereNothingIsServedInPlainHttpTheRouteWaitsAndSaysWhatFailed() {
    network("external-domain-tls", "enabled", "http-protocol", "redirected");
    assertThat(says()).isEqualTo("Unknown CertificateNotReady");
    assertThat(route().getStatus().url()).isEqualTo("https://" + HOST);
    assertThat(ingress().getSpec().httpOption()).isEqualTo("Redirected");
    provided(name(), "False", "no such domain");
    assertThat(says()).isEqualTo("False CertificateProvisionFailed");
    assertThat(condition().message()).contains(name()).contains("no such domain");
    provided(name(), "True", "");
    assertThat(says()).isEqualTo("True");
  }

  @Test
  void theWorstOfSeveralCertificatesIsTold() {
    network("external-domain-tls", "enabled", "http-protocol", "redirected");
    stage.traffic(
        "hello",
        new TrafficTarget("a", "hello-00001", null, false, 50L, null),
        new TrafficTarget("z", "hello-00001", null, false, 50L, null));
    assertThat(certificates()).hasSize(3);
    // Adler-32 of "a" is 0x00620062.
    String first = name() + "-" + 0x00620062;
    provided(first, "False", "refused");
    certificates().keySet().stream()
        .filter(each -> !each.equals(first))
        .forEach(each -> provided(each, "True", ""));
    assertThat(says()).isEqualTo("False CertificateProvisionFailed");
    // What is gone needs none.
    stage.traffic("hello", new TrafficTarget(null, null, null, true, 100L, null));
    assertThat(certificates()).containsOnlyKeys(name());
    assertThat(says()).isEqualTo("True");
  }

  @Test
  void aChallengeIsAnsweredBeforeAnythingElse() {
    network("external-domain-tls", "enabled");
    stage.world.changed(
        certificate(name()),
        found -> {
          found.setStatus(
              new CertificateStatus(
                  found.getMetadata().getGeneration(),
                  List.of(new Condition("Ready", "Unknown", null, null, null, null)),
                  Map.of(),
                  null,
                  List.of(
                      new Http01Challenge(
                          "http://" + HOST + "/.well-known/acme-challenge/token",
                          "solver",
                          "default",
                          new IntOrString(8089)))));
          return found;
        });
    stage.settle();
    IngressRule rule =
        ingress().getSpec().rules().stream()
            .filter(each -> each.hosts().equals(List.of(HOST)))
            .findFirst()
            .orElseThrow();
    assertThat(Objects.requireNonNull(rule.http()).paths())
        .extracting(HttpIngressPath::path, path -> path.splits().getFirst().serviceName())
        .containsExactly(
            tuple("/.well-known/acme-challenge/token", "solver"), tuple(null, "hello-00001"));
  }

  @Test
  void aRouteMayDoWithout() {
    network("external-domain-tls", "enabled");
    stage.world.changed(
        stage.world.cluster.knativeServices().find("default", "hello").orElseThrow(),
        found -> {
          Map<String, String> annotations = new HashMap<>(found.getMetadata().getAnnotations());
          annotations.put("networking.knative.dev/disable-external-domain-tls", "true");
          found.getMetadata().setAnnotations(annotations);
          return found;
        });
    stage.settle();
    assertThat(says()).isEqualTo("True TLSNotEnabled");
  }

  @Test
  void aForeignCertificateOfTheNameIsLeftAlone() {
    String taken = name();
    Certificate foreign = new Certificate();
    foreign.setMetadata(new ObjectMetaBuilder().withNamespace("default").withName(taken).build());
    foreign.setSpec(new CertificateSpec(List.of("other.example.com"), null, "theirs"));
    stage.world.given(foreign);
    network("external-domain-tls", "enabled");
    assertThat(says()).isEqualTo("False CertificateNotOwned");
    assertThat(certificate(taken).getSpec().secretName()).isEqualTo("theirs");
  }

  @Test
  void aWildcardOfTheNamespaceServesEveryHost() {
    Certificate wildcard = new Certificate();
    wildcard.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace("default")
            .withName("default.example.com")
            .addToLabels("networking.knative.dev/wildcardDomain", "default.example.com")
            .build());
    wildcard.setSpec(
        new CertificateSpec(
            List.of("*.default.example.com"), "example.com", "default.example.com"));
    stage.world.given(wildcard);
    provided("default.example.com", "True", "");
    network("external-domain-tls", "enabled");
    assertThat(certificates()).containsOnlyKeys("default.example.com");
    assertThat(says()).isEqualTo("True");
    assertThat(ingress().getSpec().tls().getFirst().secretName()).isEqualTo("default.example.com");
  }

  @Test
  void hostsInsideTheClusterWaitForTheirs() {
    network("cluster-local-domain-tls", "enabled");
    String local = name() + "-local";
    assertThat(certificate(local).getSpec().dnsNames())
        .containsExactlyInAnyOrder("hello.default", "hello.default.svc", LOCAL);
    assertThat(says()).isEqualTo("Unknown CertificateNotReady");
    provided(local, "True", "");
    assertThat(says()).isEqualTo("True");
    assertThat(route().getStatus().address().url()).isEqualTo("https://" + LOCAL);
    assertThat(route().getStatus().url()).isEqualTo("http://" + HOST);
  }

  @Test
  void aMappedDomainGetsItsOwn() {
    network("external-domain-tls", "enabled");
    stage.world.given(
        World.parse(
            DomainMapping.class,
            """
            apiVersion: serving.knative.dev/v1beta1
            kind: DomainMapping
            metadata: {name: shop.test, namespace: default}
            spec: {ref: {kind: Service, apiVersion: serving.knative.dev/v1, name: hello}}
            """));
    stage.settle();
    Certificate wanted = certificate("shop.test");
    assertThat(wanted.getSpec().dnsNames()).containsExactly("shop.test");
    assertThat(wanted.getMetadata().getLabels())
        .containsEntry("serving.knative.dev/domainMappingUID", "shop.test");
    assertThat(mapping().url()).isEqualTo("http://shop.test");
    provided("shop.test", "True", "");
    assertThat(mapping().url()).isEqualTo("https://shop.test");
    assertThat(mapping().isTrue("CertificateProvisioned")).isTrue();
    assertThat(
            stage
                .world
                .cluster
                .ingresses()
                .find("default", "shop.test")
                .orElseThrow()
                .getSpec()
                .tls())
        .containsExactly(new IngressTls(List.of("shop.test"), "shop.test", "default"));
  }

  private void network(String... more) {
    Map<String, String> data = new HashMap<>();
    data.put("ingress-class", ControlPlaneConfig.BELLOWS_INGRESS_CLASS);
    data.put("autocreate-cluster-domain-claims", "true");
    for (int i = 0; i < more.length; i += 2) {
      data.put(more[i], more[i + 1]);
    }
    stage.configure("config-network", data);
    stage.settle();
  }

  /** What a provider of certificates writes. */
  private void provided(String name, String ready, String message) {
    stage.world.changed(
        certificate(name),
        found -> {
          found.setStatus(
              new CertificateStatus(
                  found.getMetadata().getGeneration(),
                  List.of(new Condition("Ready", ready, null, null, null, message)),
                  Map.of(),
                  null,
                  List.of()));
          return found;
        });
    stage.settle();
  }

  private String name() {
    return "route-" + route().getMetadata().getUid();
  }

  private Route route() {
    return stage.world.cluster.routes().find("default", "hello").orElseThrow();
  }

  private KIngress ingress() {
    return stage.world.cluster.ingresses().find("default", "hello").orElseThrow();
  }

  private dev.bellows.api.serving.DomainMappingStatus mapping() {
    return stage
        .world
        .cluster
        .domainMappings()
        .find("default", "shop.test")
        .orElseThrow()
        .getStatus();
  }

  private Certificate certificate(String name) {
    return Objects.requireNonNull(certificates().get(name), name);
  }

  private Map<String, Certificate> certificates() {
    return stage.world.cluster.certificates().all().stream()
        .collect(Collectors.toMap(each -> each.getMetadata().getName(), each -> each));
  }

  private Condition condition() {
    ConditionedStatus status = route().getStatus();
    return status.condition("CertificateProvisioned").orElseThrow();
  }

  private String says() {
    Condition found = condition();
    return found.reason() == null ? found.status() : found.status() + " " + found.reason();
  }
}
