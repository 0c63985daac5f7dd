package dev.bellows.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.api.networking.IngressBackendSplit;
import dev.bellows.core.revision.Protocol;
import dev.bellows.core.route.Address;
import dev.bellows.core.route.ServiceId;
import dev.bellows.core.route.ServicePort;
import dev.bellows.core.route.ServicePort.Wrapping;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the reconcilers do where the system's own hops are encrypted. */
class InternalTlsTest {
  private final Stage stage = new Stage();

  @BeforeEach
  void encrypt() {
    stage.configure(
        "config-network",
        Map.of(
            "ingress-class",
            ControlPlaneConfig.BELLOWS_INGRESS_CLASS,
            "system-internal-tls",
            "Enabled"));
  }

  private void secret(Map<String, String> data) {
    stage.world.given(
        new SecretBuilder()
            .withNewMetadata()
            .withNamespace("default")
            .withName("serving-certs")
            .endMetadata()
            .withData(data)
            .build());
    stage.settle();
  }

  @Test
  void aRevisionWaitsForTheCertificateOfItsNamespaceAndMountsIt() {
    stage.apply("hello", "dev.local/hello", "hello-one");
    stage.settle();
    var certificate =
        stage.world.cluster.certificates().find("default", "serving-certs").orElseThrow();
    assertThat(certificate.getSpec().dnsNames())
        .containsExactly("kn-user-default", "data-plane.knative.dev");
    assertThat(certificate.getSpec().secretName()).isEqualTo("serving-certs");
    assertThat(stage.world.cluster.deployments().all()).isEmpty();
    assertThat(
            stage.world.cluster.revisions().find("default", "hello-one").orElseThrow().getStatus())
        .asString()
        .contains("CertificateNotReady", "default/serving-certs");

    secret(Map.of("tls.crt", "Zm9v", "tls.key", "YmFy"));
    PodSpec pod =
        stage
            .world
            .cluster
            .deployments()
            .find("default", "hello-one-deployment")
            .orElseThrow()
            .getSpec()
            .getTemplate()
            .getSpec();
    Container queueProxy =
        pod.getContainers().stream()
            .filter(each -> each.getName().equals("queue-proxy"))
            .findFirst()
            .orElseThrow();
    assertThat(queueProxy.getVolumeMounts())
        .extracting(VolumeMount::getMountPath)
        .containsExactly("/var/lib/knative/certs");
    assertThat(pod.getVolumes().getLast().getSecret().getSecretName()).isEqualTo("serving-certs");
  }

  @Test
  void aRouteLeadsToThePortOfHttpsWhichTheGatewaySpeaksInTheRevisionsProtocol() {
    secret(Map.of("tls.crt", "Zm9v", "tls.key", "YmFy"));
    stage.apply("hello", "dev.local/hello", "hello-one");
    stage.settle();
    stage.autoscalerTakesUp("hello-one");
    stage.autoscalerSays("hello-one", "True", "", true, 1);
    assertThat(
            stage
                .world
                .cluster
                .ingresses()
                .find("default", "hello")
                .orElseThrow()
                .getSpec()
                .rules()
                .getFirst()
                .http()
                .paths()
                .getFirst()
                .splits())
        .extracting(IngressBackendSplit::servicePort)
        .containsExactly(new IntOrString(443));
    ServicePort https = stage.backends.get(new ServiceId("default", "hello-one")).get("443");
    assertThat(https.wrapping()).isEqualTo(Wrapping.INTERNAL_TLS);
    assertThat(https.protocol()).isEqualTo(Protocol.HTTP1);
    assertThat(https.endpoints().ready()).isEqualTo(List.of(new Address("10.9.0.1", 8112)));
  }
}
