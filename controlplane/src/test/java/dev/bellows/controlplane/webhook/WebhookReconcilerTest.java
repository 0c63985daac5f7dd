package dev.bellows.controlplane.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.controlplane.World;
import dev.bellows.controlplane.watch.Key;
import dev.bellows.controlplane.watch.Watched;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.WebhookClientConfig;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WebhookReconcilerTest {
  private static final Key SECRET = new Key("knative-serving", "webhook-certs");

  private final World world = new World();
  private final Watched<Secret> secrets = world.watch(Secret.class);
  private final Watched<MutatingWebhookConfiguration> mutating =
      world.watch(MutatingWebhookConfiguration.class);
  private final Watched<ValidatingWebhookConfiguration> validating =
      world.watch(ValidatingWebhookConfiguration.class);
  private final List<ServingCertificate> shown = new ArrayList<>();
  private final WebhookReconciler reconciler =
      new WebhookReconciler(
          secrets, mutating, validating, world, () -> world.now, "knative-serving", shown::add);

  @BeforeEach
  void install() {
    world.given(
        World.parse(
            MutatingWebhookConfiguration.class,
            """
            apiVersion: admissionregistration.k8s.io/v1
            kind: MutatingWebhookConfiguration
            metadata: {name: webhook.serving.knative.dev}
            webhooks:
            - name: webhook.serving.knative.dev
              admissionReviewVersions: [v1]
              sideEffects: None
              clientConfig: {service: {name: webhook, namespace: knative-serving}}
            - name: somebody.elses
              admissionReviewVersions: [v1]
              sideEffects: None
              clientConfig: {url: "https://elsewhere"}
            """));
    for (String name : List.of("validation", "config")) {
      world.given(
          World.parse(
              ValidatingWebhookConfiguration.class,
              """
              apiVersion: admissionregistration.k8s.io/v1
              kind: ValidatingWebhookConfiguration
              metadata: {name: %1$s.webhook.serving.knative.dev}
              webhooks:
              - name: %1$s.webhook.serving.knative.dev
                admissionReviewVersions: [v1]
                sideEffects: None
                clientConfig: {service: {name: webhook, namespace: knative-serving}}
                namespaceSelector:
                  matchLabels: {kubernetes.io/metadata.name: knative-serving}
              """
                  .formatted(name)));
    }
  }

  @Test
  void aCertificateIsMadeAndEveryConfigurationTrustsItBeforeItIsShown() {
    reconciler.reconcile(SECRET);
    assertThat(shown).isEmpty();
    reconciler.reconcile(SECRET);
    assertThat(shown).containsExactly(stored());
    assertThat(stored().certificate().getSubjectX500Principal().getName())
        .isEqualTo("CN=webhook.knative-serving.svc");
    var webhooks = only(mutating.all()).getWebhooks();
    assertThat(trusted(webhooks.getFirst().getClientConfig())).isEqualTo(data("ca-cert.pem"));
    assertThat(webhooks.getFirst().getClientConfig().getService().getPath())
        .isEqualTo("/defaulting");
    assertThat(webhooks.getFirst().getRules())
        .flatExtracting(rule -> rule.getResources())
        .contains("services", "domainmappings", "podautoscalers", "ingresses");
    assertThat(webhooks.get(1).getClientConfig().getCaBundle()).isNull();
  }

  @Test
  void whatTheInstallationSaysOfNamespacesStays() {
    reconciler.reconcile(SECRET);
    var selector =
        validating.all().iterator().next().getWebhooks().getFirst().getNamespaceSelector();
    assertThat(selector.getMatchLabels())
        .containsEntry("kubernetes.io/metadata.name", "knative-serving");
    assertThat(selector.getMatchExpressions())
        .extracting(each -> each.getKey() + " " + each.getOperator())
        .containsExactly("webhooks.knative.dev/exclude DoesNotExist");
  }

  @Test
  void onceAllIsInPlaceNothingIsWritten() {
    reconciler.reconcile(SECRET);
    reconciler.reconcile(SECRET);
    world.written.clear();
    reconciler.reconcile(SECRET);
    assertThat(world.written).isEmpty();
  }

  @Test
  void theNextIsMadeAMonthBeforeTheEndAndTheOneBeforeStaysTrusted() {
    reconciler.reconcile(SECRET);
    reconciler.reconcile(SECRET);
    ServingCertificate first = stored();
    world.now = world.now.plus(Duration.ofDays(60));
    reconciler.reconcile(SECRET);
    reconciler.reconcile(SECRET);
    ServingCertificate second = stored();
    assertThat(second).isNotEqualTo(first);
    assertThat(second.certificate().getNotAfter().toInstant())
        .isAfter(world.now.plus(Duration.ofDays(89)));
    assertThat(shown).containsSubsequence(first, second);
    assertThat(trusted(only(mutating.all()).getWebhooks().getFirst().getClientConfig()))
        .contains(first.certificatePem(), second.certificatePem());
  }

  @Test
  void aSpoiltSecretIsMadeAnew() {
    reconciler.reconcile(SECRET);
    world.changed(
        secrets.find(SECRET).orElseThrow(),
        secret -> new SecretBuilder(secret).withData(Map.of("server-cert.pem", "AAAA")).build());
    reconciler.reconcile(SECRET);
    reconciler.reconcile(SECRET);
    assertThat(shown).containsExactly(stored());
  }

  @Test
  void anotherSecretIsNobodysBusiness() {
    reconciler.reconcile(new Key("knative-serving", "mine"));
    assertThat(world.written).isEmpty();
  }

  @Test
  void noLogSeesTheKey() {
    reconciler.reconcile(SECRET);
    world.now = world.now.plus(Duration.ofDays(60));
    reconciler.reconcile(SECRET);
    String key = secrets.find(SECRET).orElseThrow().getData().get("server-key.pem");
    assertThat(world.written).contains("Patch Secret knative-serving/webhook-certs.");
    assertThat(world.written).noneMatch(step -> step.contains(key));
  }

  private ServingCertificate stored() {
    try {
      return ServingCertificate.read(data("server-cert.pem"), data("server-key.pem"));
    } catch (java.security.GeneralSecurityException e) {
      throw new AssertionError("the Secret holds no certificate", e);
    }
  }

  private String data(String key) {
    return text(secrets.find(SECRET).orElseThrow().getData().get(key));
  }

  private static String trusted(WebhookClientConfig client) {
    return text(client.getCaBundle());
  }

  private static String text(String base64) {
    return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
  }

  private static <T> T only(Collection<T> all) {
    assertThat(all).hasSize(1);
    return all.iterator().next();
  }
}
