package dev.bellows.controlplane.webhook;

import dev.bellows.controlplane.reconcile.Outcome;
import dev.bellows.controlplane.reconcile.Plan;
import dev.bellows.controlplane.reconcile.Step;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirementBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.RuleWithOperations;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.RuleWithOperationsBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.WebhookClientConfig;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.WebhookClientConfigBuilder;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What has to be written so that the API server asks these webhooks and trusts them: their
 * certificate in a Secret, and in each webhook configuration what upstream's webhook fills in
 * (serving spec §9): the bundle to trust, path, rules and namespace selector.
 *
 * @param plan the writes
 * @param showable the certificate that every configuration trusts, once they do
 */
record WebhookPlan(Plan plan, Optional<ServingCertificate> showable) {
  static final String SECRET = "webhook-certs";
  static final String MUTATING = "webhook.serving.knative.dev";
  static final String VALIDATING = "validation.webhook.serving.knative.dev";
  static final String CONFIG = "config.webhook.serving.knative.dev";

  private static final String SERVER_KEY = "server-key.pem";
  private static final String SERVER_CERTIFICATE = "server-cert.pem";
  private static final String BUNDLE = "ca-cert.pem";

  /** A namespace with this label is left alone, so that a cluster can be mended without us. */
  private static final LabelSelectorRequirement NOT_EXCLUDED =
      new LabelSelectorRequirementBuilder()
          .withKey("webhooks.knative.dev/exclude")
          .withOperator("DoesNotExist")
          .build();

  private static final List<RuleWithOperations> OBJECTS = objects();

  private static final RuleWithOperations CONFIG_MAPS =
      rule(List.of("CREATE", "UPDATE"), "", "v1", List.of("configmaps"));

  /**
   * What there is.
   *
   * @param secret empty if there is none yet
   * @param mutating empty if it is not installed; it is never made, only completed
   * @param validating those of the two that are installed
   */
  record Seen(
      Optional<Secret> secret,
      Optional<MutatingWebhookConfiguration> mutating,
      List<ValidatingWebhookConfiguration> validating) {}

  /**
   * Plans one pass.
   *
   * @param namespace the system's
   * @param fresh makes a certificate for DNS names and IP addresses; asked only when one is due
   */
  static WebhookPlan of(
      Seen seen, String namespace, Instant now, Function<List<String>, ServingCertificate> fresh) {
    Optional<ServingCertificate> stored = seen.secret().flatMap(WebhookPlan::stored);
    List<String> names = names(seen, namespace);
    boolean due = stored.filter(it -> !it.endsSoonAfter(now) && it.names(names)).isEmpty();
    List<Step> steps = new ArrayList<>();
    ServingCertificate certificate;
    String bundle;
    if (due) {
      certificate = fresh.apply(names);
      // The one before stays trusted: another replica may show it for a moment more.
      bundle =
          certificate.certificatePem() + stored.map(ServingCertificate::certificatePem).orElse("");
      Map<String, String> data =
          Map.of(
              SERVER_KEY, base64(certificate.keyPem()),
              SERVER_CERTIFICATE, base64(certificate.certificatePem()),
              BUNDLE, base64(bundle));
      seen.secret()
          .ifPresentOrElse(
              secret ->
                  Step.patch(secret, new SecretBuilder(secret).withData(data).build())
                      .ifPresent(steps::add),
              () -> steps.add(new Step.Create(secret(namespace, data))));
    } else {
      certificate = stored.orElseThrow();
      bundle = text(seen.secret().orElseThrow(), BUNDLE);
    }
    int before = steps.size();
    String caBundle = base64(bundle);
    seen.mutating().flatMap(it -> Step.patch(it, completed(it, caBundle))).ifPresent(steps::add);
    seen.validating().stream()
        .flatMap(it -> Step.patch(it, completed(it, caBundle)).stream())
        .forEach(steps::add);
    boolean trusted = !due && steps.size() == before;
    Duration untilRenewal = Duration.between(now, certificate.renewalTime());
    return new WebhookPlan(
        new Plan(steps, new Outcome.LookAgain(untilRenewal)),
        trusted ? Optional.of(certificate) : Optional.empty());
  }

  /**
   * What an API server may call us: the Service's names, and hosts of URLs where it is given one.
   */
  private static List<String> names(Seen seen, String namespace) {
    String service = "webhook." + namespace;
    Stream<WebhookClientConfig> clients =
        Stream.concat(
            seen.mutating().stream()
                .flatMap(each -> each.getWebhooks().stream())
                .filter(webhook -> webhook.getName().equals(MUTATING))
                .map(MutatingWebhook::getClientConfig),
            seen.validating().stream()
                .flatMap(each -> each.getWebhooks().stream())
                .filter(webhook -> Set.of(VALIDATING, CONFIG).contains(webhook.getName()))
                .map(ValidatingWebhook::getClientConfig));
    return Stream.concat(
            Stream.of(service + ".svc", service + ".svc.cluster.local", service, "webhook"),
            clients
                .filter(client -> client.getUrl() != null)
                .map(client -> URI.create(client.getUrl()).getHost()))
        .distinct()
        .toList();
  }

  private static Secret secret(String namespace, Map<String, String> data) {
    return new SecretBuilder()
        .withNewMetadata()
        .withName(SECRET)
        .withNamespace(namespace)
        .endMetadata()
        .withData(data)
        .build();
  }

  private static Optional<ServingCertificate> stored(Secret secret) {
    try {
      ServingCertificate read =
          ServingCertificate.read(text(secret, SERVER_CERTIFICATE), text(secret, SERVER_KEY));
      return text(secret, BUNDLE).contains(read.certificatePem())
          ? Optional.of(read)
          : Optional.empty();
    } catch (GeneralSecurityException e) {
      return Optional.empty(); // Another is made in its place.
    }
  }

  private static String text(Secret secret, String key) {
    Map<String, String> data = secret.getData() == null ? Map.of() : secret.getData();
    return new String(
        Base64.getMimeDecoder().decode(data.getOrDefault(key, "")), StandardCharsets.UTF_8);
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static MutatingWebhookConfiguration completed(
      MutatingWebhookConfiguration seen, String caBundle) {
    return new MutatingWebhookConfigurationBuilder(seen)
        .withWebhooks(
            seen.getWebhooks().stream()
                .map(webhook ->
                    webhook.getName().equals(MUTATING)
                        ? new MutatingWebhookBuilder(webhook)
                            .withClientConfig(
                                client(webhook.getClientConfig(), caBundle, Webhook.DEFAULTING))
                            .withNamespaceSelector(selector(webhook.getNamespaceSelector()))
                            .withRules(OBJECTS)
                            .build()
                        : webhook)
                .toList())
        .build();
  }

  private static ValidatingWebhookConfiguration completed(
      ValidatingWebhookConfiguration seen, String caBundle) {
    return new ValidatingWebhookConfigurationBuilder(seen)
        .withWebhooks(
            seen.getWebhooks().stream()
                .map(webhook ->
                    switch (webhook.getName()) {
                      case VALIDATING ->
                          completed(webhook, caBundle, Webhook.RESOURCE_VALIDATION, OBJECTS);
                      case CONFIG ->
                          completed(
                              webhook, caBundle, Webhook.CONFIG_VALIDATION, List.of(CONFIG_MAPS));
                      default -> webhook;
                    })
                .toList())
        .build();
  }

  private static ValidatingWebhook completed(
      ValidatingWebhook seen, String caBundle, Webhook asked, List<RuleWithOperations> rules) {
    return new ValidatingWebhookBuilder(seen)
        .withClientConfig(client(seen.getClientConfig(), caBundle, asked))
        .withNamespaceSelector(selector(seen.getNamespaceSelector()))
        .withRules(rules)
        .build();
  }

  /** Where it is asked is the installation's to say, be it a Service or a URL; we add the path. */
  private static WebhookClientConfig client(
      WebhookClientConfig seen, String caBundle, Webhook asked) {
    WebhookClientConfigBuilder client = new WebhookClientConfigBuilder(seen).withCaBundle(caBundle);
    return seen.getService() == null
        ? client.build()
        : client.editService().withPath(asked.path()).endService().build();
  }

  private static LabelSelector selector(@Nullable LabelSelector seen) {
    LabelSelectorBuilder selector =
        seen == null ? new LabelSelectorBuilder() : new LabelSelectorBuilder(seen);
    return selector.buildMatchExpressions().contains(NOT_EXCLUDED)
        ? selector.build()
        : selector.addToMatchExpressions(NOT_EXCLUDED).build();
  }

  /** Not of deletion, which is nobody's to refuse, and so need not wait for us (ADR 0137). */
  private static List<RuleWithOperations> objects() {
    List<String> operations = List.of("CREATE", "UPDATE");
    return List.of(
        rule(
            operations,
            "serving.knative.dev",
            "v1",
            List.of("services", "configurations", "revisions", "routes")),
        rule(operations, "serving.knative.dev", "v1beta1", List.of("domainmappings")),
        rule(
            operations,
            "autoscaling.internal.knative.dev",
            "v1alpha1",
            List.of("podautoscalers", "metrics")),
        rule(
            operations,
            "networking.internal.knative.dev",
            "v1alpha1",
            List.of("ingresses", "certificates", "serverlessservices")));
  }

  private static RuleWithOperations rule(
      List<String> operations, String group, String version, List<String> resources) {
    return new RuleWithOperationsBuilder()
        .withOperations(operations)
        .withApiGroups(group)
        .withApiVersions(version)
        .withResources(resources)
        .withScope("*")
        .build();
  }
}
