package dev.bellows.controlplane.webhook;

import dev.bellows.controlplane.reconcile.Outcome;
import dev.bellows.controlplane.reconcile.Reconciler;
import dev.bellows.controlplane.reconcile.Writer;
import dev.bellows.controlplane.watch.Key;
import dev.bellows.controlplane.watch.Watched;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Keeps the webhooks' certificate good and known to the API server. Every replica runs it: of two
 * that make a certificate at once, the API refuses the second, which then takes the first's.
 */
final class WebhookReconciler implements Reconciler {
  private final Watched<Secret> secrets;
  private final Watched<MutatingWebhookConfiguration> mutating;
  private final Watched<ValidatingWebhookConfiguration> validating;
  private final Writer writer;
  private final InstantSource clock;
  private final String namespace;
  private final Consumer<ServingCertificate> shown;

  /**
   * @param secrets of the system's namespace; only {@code webhook-certs} matters
   * @param namespace the system's
   * @param shown told which certificate to show, once the API server trusts it
   */
  WebhookReconciler(
      Watched<Secret> secrets,
      Watched<MutatingWebhookConfiguration> mutating,
      Watched<ValidatingWebhookConfiguration> validating,
      Writer writer,
      InstantSource clock,
      String namespace,
      Consumer<ServingCertificate> shown) {
    this.secrets = secrets;
    this.mutating = mutating;
    this.validating = validating;
    this.writer = writer;
    this.clock = clock;
    this.namespace = namespace;
    this.shown = shown;
  }

  @Override
  public String name() {
    return "webhook-certificates";
  }

  @Override
  public Outcome reconcile(Key key) {
    if (!key.equals(secret())) {
      return Outcome.done();
    }
    WebhookPlan planned =
        WebhookPlan.of(
            new WebhookPlan.Seen(
                secrets.find(secret()),
                mutating.find(new Key("", WebhookPlan.MUTATING)),
                Stream.of(WebhookPlan.VALIDATING, WebhookPlan.CONFIG)
                    .map(name -> validating.find(new Key("", name)))
                    .flatMap(Optional::stream)
                    .toList()),
            namespace,
            clock.instant(),
            names -> ServingCertificate.make(names, clock.instant()));
    planned.showable().ifPresent(shown);
    return planned.plan().applyWith(writer);
  }

  /** The one key it has passes for. */
  Key secret() {
    return new Key(namespace, WebhookPlan.SECRET);
  }
}
