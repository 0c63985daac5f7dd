package dev.bellows.controlplane;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.api.ConditionedStatus;
import dev.bellows.api.networking.ClusterDomainClaim;
import dev.bellows.api.networking.ClusterDomainClaimSpec;
import dev.bellows.api.serving.DomainMapping;
import dev.bellows.core.route.Address;
import dev.bellows.core.route.Ingress;
import dev.bellows.core.route.ServiceId;
import io.fabric8.kubernetes.api.model.EndpointsBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A domain of the user's own leads to what answers for it, in one namespace at a time. */
class DomainMappingTest {
  private static final String DOMAIN = "shop.test";

  private final Stage stage = new Stage();

  @Test
  void theDomainLeadsToTheServiceUnderTheServicesName() {
    claimsAreMadeByThemselves();
    helloIsReady();
    map("Service", "serving.knative.dev/v1", "hello");
    assertThat(says("Ready")).isEqualTo("True");
    assertThat(mapping().getStatus().url()).isEqualTo("http://shop.test");
    assertThat(says("CertificateProvisioned")).isEqualTo("True TLSNotEnabled");

    Ingress ingress = requireNonNull(stage.routed.get(DOMAIN));
    assertThat(ingress.rules())
        .extracting(Ingress.Rule::hosts, Ingress.Rule::visibility)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(List.of(DOMAIN), Ingress.Visibility.EXTERNAL_IP));
    Ingress.Path path = ingress.rules().getFirst().paths().getFirst();
    assertThat(path.rewriteHost()).isEqualTo("hello.default.svc.cluster.local");
    assertThat(path.appendHeaders()).containsEntry("K-Original-Host", DOMAIN);
    assertThat(path.splits().getFirst().service()).isEqualTo(new ServiceId("default", "hello"));
    // The Service of that name leads to the gateway, which then knows the Service's own host.
    assertThat(
            requireNonNull(stage.backends.get(new ServiceId("default", "hello")))
                .get("80")
                .endpoints()
                .ready())
        .containsExactly(new Address("10.9.0.9", 8080));
    assertThat(claim().getSpec().namespace()).isEqualTo("default");
  }

  @Test
  void withoutAClaimNothingIsLedAnywhereUntilAnAdministratorMakesOne() {
    helloIsReady();
    map("Service", "serving.knative.dev/v1", "hello");
    assertThat(says("DomainClaimed")).isEqualTo("False DomainAlreadyClaimed");
    assertThat(says("Ready")).isEqualTo("False DomainAlreadyClaimed");
    assertThat(stage.failures)
        .containsExactly("no ClusterDomainClaim found for domain \"shop.test\"");
    assertThat(stage.routed).doesNotContainKey(DOMAIN);
    claimedBy("default");
    assertThat(says("Ready")).isEqualTo("True");
  }

  @Test
  void aDomainOfAnotherNamespaceIsNotTaken() {
    claimsAreMadeByThemselves();
    helloIsReady();
    claimedBy("other");
    map("Service", "serving.knative.dev/v1", "hello");
    assertThat(says("DomainClaimed")).isEqualTo("False DomainAlreadyClaimed");
    assertThat(stage.routed).doesNotContainKey(DOMAIN);
  }

  @Test
  void aTargetThatComesLaterIsFoundWhenItComes() {
    claimsAreMadeByThemselves();
    map("Service", "serving.knative.dev/v1", "hello");
    assertThat(says("ReferenceResolved")).isEqualTo("False ResolveFailed");
    assertThat(mapping().getStatus().condition("ReferenceResolved").orElseThrow().message())
        .isEqualTo(
            "failed to get object default/hello: services.serving.knative.dev \"hello\" not found");
    helloIsReady();
    assertThat(says("Ready")).isEqualTo("True");
  }

  @Test
  void routesAndKubernetesServicesAreTargetsToo() {
    claimsAreMadeByThemselves();
    helloIsReady();
    map("Route", "serving.knative.dev/v1", "hello");
    assertThat(says("Ready")).isEqualTo("True");
    stage.world.given(plainService("default", "backend"));
    map("Service", "v1", "backend");
    assertThat(says("Ready")).isEqualTo("True");
    assertThat(
            requireNonNull(stage.routed.get(DOMAIN))
                .rules()
                .getFirst()
                .paths()
                .getFirst()
                .rewriteHost())
        .isEqualTo("backend.default.svc.cluster.local");
    map("Broker", "eventing.knative.dev/v1", "default");
    assertThat(says("ReferenceResolved")).isEqualTo("False ResolveFailed");
  }

  @Test
  void aCertificateOfTheUsersOwnIsHandedOn() {
    claimsAreMadeByThemselves();
    helloIsReady();
    map("Service", "serving.knative.dev/v1", "hello", "tls: {secretName: shop-cert}");
    assertThat(says("CertificateProvisioned")).isEqualTo("True CertificateExternallyProvided");
    assertThat(mapping().getStatus().url()).isEqualTo("https://shop.test");
    var ingress = stage.world.cluster.ingresses().find("default", DOMAIN).orElseThrow();
    assertThat(ingress.getSpec().tls().getFirst().secretName()).isEqualTo("shop-cert");
  }

  @Test
  void theClaimGoesWithTheMapping() {
    claimsAreMadeByThemselves();
    helloIsReady();
    map("Service", "serving.knative.dev/v1", "hello");
    assertThat(mapping().getFinalizers()).containsExactly("domainmappings.serving.knative.dev");
    stage.world.changed(
        mapping(),
        found -> {
          found.getMetadata().setDeletionTimestamp("2026-03-01T11:00:00Z");
          return found;
        });
    stage.settle();
    assertThat(stage.world.cluster.domainClaims().all()).isEmpty();
    assertThat(mapping().getFinalizers()).isEmpty();
  }

  @Test
  void aSettledMappingIsNotWrittenAgain() {
    claimsAreMadeByThemselves();
    helloIsReady();
    map("Service", "serving.knative.dev/v1", "hello");
    stage.world.written.clear();
    stage.settle();
    assertThat(stage.world.written).isEmpty();
  }

  private void helloIsReady() {
    stage.world.given(plainService("knative-serving", "gateway"));
    stage.world.given(
        new EndpointsBuilder()
            .withNewMetadata()
            .withNamespace("knative-serving")
            .withName("gateway")
            .endMetadata()
            .addNewSubset()
            .addNewAddress()
            .withIp("10.9.0.9")
            .endAddress()
            .addNewPort(null, "http", 8080, "TCP")
            .endSubset()
            .build());
    stage.apply("hello", "dev.local/helloworld");
    stage.settle();
    stage.comesUp("hello-00001", "10.1.0.1:8012");
  }

  private static Service plainService(String namespace, String name) {
    return new ServiceBuilder()
        .withNewMetadata()
        .withNamespace(namespace)
        .withName(name)
        .endMetadata()
        .withNewSpec()
        .addNewPort()
        .withName("http")
        .withPort(80)
        .endPort()
        .endSpec()
        .build();
  }

  private void claimsAreMadeByThemselves() {
    stage.configure(
        "config-network",
        Map.of(
            "ingress-class",
            ControlPlaneConfig.BELLOWS_INGRESS_CLASS,
            "autocreate-cluster-domain-claims",
            "true"));
  }

  private void claimedBy(String namespace) {
    ClusterDomainClaim claim = new ClusterDomainClaim();
    claim.setMetadata(new ObjectMetaBuilder().withName(DOMAIN).build());
    claim.setSpec(new ClusterDomainClaimSpec(namespace));
    stage.world.given(claim);
    stage.settle();
  }

  private void map(String kind, String apiVersion, String name, String... more) {
    DomainMapping wanted =
        World.parse(
            DomainMapping.class,
            """
            apiVersion: serving.knative.dev/v1beta1
            kind: DomainMapping
            metadata:
              name: %s
              namespace: default
            spec:
              ref: {kind: %s, apiVersion: %s, name: %s, namespace: default}
              %s
            """
                .formatted(DOMAIN, kind, apiVersion, name, String.join("\n", more)));
    if (stage.world.cluster.domainMappings().find("default", DOMAIN).isEmpty()) {
      stage.world.given(wanted);
    } else {
      stage.world.changed(
          mapping(),
          found -> {
            found.setSpec(wanted.getSpec());
            return found;
          });
    }
    stage.settle();
  }

  private DomainMapping mapping() {
    return stage.world.cluster.domainMappings().find("default", DOMAIN).orElseThrow();
  }

  private ClusterDomainClaim claim() {
    return stage.world.cluster.domainClaims().find("", DOMAIN).orElseThrow();
  }

  private String says(String type) {
    ConditionedStatus status = mapping().getStatus();
    var condition = status.condition(type).orElseThrow();
    return condition.reason() == null || condition.reason().isEmpty()
        ? condition.status()
        : condition.status() + " " + condition.reason();
  }
}
