package dev.bellows.it.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.api.Crds;
import dev.bellows.api.config.SystemConfig;
import dev.bellows.api.serving.Service;
import dev.bellows.controlplane.ControlPlane;
import dev.bellows.controlplane.ControlPlaneConfig;
import dev.bellows.controlplane.webhook.Webhooks;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The webhooks as a real API server asks them: what the embedded one does in process must come of
 * the same manifests there.
 */
class WebhooksTest {
  private static RealControlPlane server;
  private static KubernetesClient client;
  private static ControlPlane controlPlane;
  private static Webhooks webhooks;

  @BeforeAll
  static void start() throws Exception {
    server = RealControlPlane.startOrSkip("the webhooks on a real API server");
    client =
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(server.kubeconfig()))
            .build();
    Crds.all().forEach(crd -> client.resource(crd.toString()).create());
    client
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(SystemConfig.NAMESPACE)
                .endMetadata()
                .build())
        .create();
    controlPlane = new ControlPlane(client, ControlPlaneConfig.embedded(), Clock.systemUTC());
    webhooks =
        Webhooks.open(controlPlane, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    controlPlane.start();
    install("Mutating", "webhook.serving.knative.dev", "/defaulting");
    install("Validating", "validation.webhook.serving.knative.dev", "/resource-validation");
    install("Validating", "config.webhook.serving.knative.dev", "/config-validation");
    // Whether the API server asks them yet is seen by what it makes of an object.
    await()
        .ignoreExceptions()
        .until(() ->
            json(client.resource(hello("probe", "dev.local/hello")).dryRun().create())
                .at("/spec/traffic")
                .isArray());
  }

  @AfterAll
  static void stop() throws Exception {
    if (controlPlane != null) {
      controlPlane.close();
      webhooks.close();
      client.close();
    }
    if (server != null) {
      server.close();
    }
  }

  @Test
  void aServiceIsStoredWithItsDefaultsAndItsCreator() {
    Service stored = client.resource(hello("hello", "dev.local/hello")).create();
    assertThat(stored.getMetadata().getAnnotations())
        .containsEntry("serving.knative.dev/creator", "admin")
        .containsEntry("serving.knative.dev/lastModifier", "admin");
    assertThat(json(stored).at("/spec/template/spec/timeoutSeconds").asInt()).isEqualTo(300);
    assertThat(json(stored).at("/spec/traffic/0/latestRevision").asBoolean()).isTrue();
  }

  @Test
  void aBadServiceIsRefusedInTheWordsOfTheEmbeddedServer() {
    assertThatThrownBy(() -> client.resource(hello("bad", "a b")).create())
        .isInstanceOf(KubernetesClientException.class)
        .hasMessageContaining(
            "admission webhook \"validation.webhook.serving.knative.dev\" denied the request:"
                + " validation failed: Failed to parse image reference:"
                + " spec.template.spec.containers[0].image");
  }

  @Test
  void aBadSettingIsRefused() {
    assertThatThrownBy(() ->
            client
                .resource(
                    new ConfigMapBuilder()
                        .withNewMetadata()
                        .withName("config-autoscaler")
                        .withNamespace(SystemConfig.NAMESPACE)
                        .withLabels(Map.of("app.kubernetes.io/name", "knative-serving"))
                        .endMetadata()
                        .withData(Map.of("max-scale-up-rate", "0.5"))
                        .build())
                .create())
        .hasMessageContaining("max-scale-up-rate = 0.5, must be greater than 1.0");
  }

  private static void install(String kind, String name, String path) {
    client
        .resource(
            """
            apiVersion: admissionregistration.k8s.io/v1
            kind: %1$sWebhookConfiguration
            metadata: {name: %2$s}
            webhooks:
            - name: %2$s
              admissionReviewVersions: [v1]
              sideEffects: None
              failurePolicy: Fail
              timeoutSeconds: 10
              clientConfig: {url: "https://127.0.0.1:%3$d%4$s"}
            """
                .formatted(kind, name, webhooks.address().port(), path))
        .create();
  }

  private static JsonNode json(Service service) {
    return client.getKubernetesSerialization().convertValue(service, JsonNode.class);
  }

  private static Service hello(String name, String image) {
    return client
        .getKubernetesSerialization()
        .unmarshal(
            """
            apiVersion: serving.knative.dev/v1
            kind: Service
            metadata: {name: %s, namespace: default}
            spec: {template: {spec: {containers: [{image: "%s"}]}}}
            """
                .formatted(name, image),
            Service.class);
  }
}
