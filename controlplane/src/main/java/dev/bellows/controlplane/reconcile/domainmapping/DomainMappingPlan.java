package dev.bellows.controlplane.reconcile.domainmapping;

import dev.bellows.api.config.NetworkConfig;
import dev.bellows.api.networking.ClusterDomainClaim;
import dev.bellows.api.networking.ClusterDomainClaimSpec;
import dev.bellows.api.networking.KIngress;
import dev.bellows.api.serving.Addressable;
import dev.bellows.api.serving.DomainMapping;
import dev.bellows.api.serving.DomainMappingStatus;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.Finalizers;
import dev.bellows.controlplane.reconcile.IngressChild;
import dev.bellows.controlplane.reconcile.Outcome;
import dev.bellows.controlplane.reconcile.Plan;
import dev.bellows.controlplane.reconcile.StatusConditions;
import dev.bellows.controlplane.reconcile.Step;
import dev.bellows.controlplane.reconcile.WellKnown;
import dev.bellows.controlplane.reconcile.certificate.HostCertificate;
import dev.bellows.controlplane.reconcile.certificate.Provision;
import dev.bellows.core.condition.ConditionSet;
import dev.bellows.core.condition.Conditions;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Decides what a DomainMapping's claim and KIngress should be. */
final class DomainMappingPlan {
  static final String FINALIZER = "domainmappings.serving.knative.dev";
  static final String DOMAIN_CLAIMED = "DomainClaimed";
  static final String REFERENCE_RESOLVED = "ReferenceResolved";
  static final ConditionSet CONDITIONS =
      ConditionSet.living(
          Provision.CERTIFICATE_PROVISIONED,
          DOMAIN_CLAIMED,
          IngressChild.INGRESS_READY,
          REFERENCE_RESOLVED);

  private final Seen seen;
  private final DomainMapping mapping;
  private final String domain;
  private final Instant now;
  private final List<Step> steps = new ArrayList<>();
  private final Provision certificates;
  private Conditions conditions;

  private DomainMappingPlan(Seen seen, Instant now) {
    this.seen = seen;
    this.mapping = seen.mapping();
    this.domain = mapping.getMetadata().getName();
    this.now = now;
    this.certificates =
        Provision.of(mapping, wanted(mapping, seen.network()), seen.certificates(), seen.network());
    this.conditions =
        StatusConditions.before(
            CONDITIONS, mapping.getStatus(), mapping.getMetadata().getGeneration(), now);
  }

  /** What to write, given what is seen. */
  static Plan plan(Seen seen, Instant now) {
    DomainMappingPlan plan = new DomainMappingPlan(seen, now);
    return Children.isBeingDeleted(seen.mapping()) ? plan.ending() : plan.plan();
  }

  /**
   * The claim goes with the mapping that made it, so that another namespace may have the domain.
   */
  private Plan ending() {
    if (!mapping.getFinalizers().contains(FINALIZER)) {
      return Plan.NOTHING;
    }
    if (seen.network().autocreateClusterDomainClaims()) {
      seen.claim().filter(this::isForUs).ifPresent(claim -> steps.add(new Step.Delete(claim)));
    }
    steps.addAll(Finalizers.removed(mapping, DomainMapping::new, FINALIZER));
    return Plan.of(steps);
  }

  private Plan plan() {
    steps.addAll(Finalizers.added(mapping, DomainMapping::new, FINALIZER));
    markCertificate();
    Optional<String> refusal = claim();
    if (refusal.isPresent()) {
      return end(new Outcome.Failed(refusal.get()));
    }
    return switch (seen.target()) {
      case Target.Unresolved(String reason) -> {
        conditions = conditions.markFalse(REFERENCE_RESOLVED, "ResolveFailed", reason, now);
        yield end(new Outcome.Failed("resolving reference: " + reason));
      }
      case Target.Found found -> {
        conditions = conditions.markTrue(REFERENCE_RESOLVED, now);
        yield end(lead(found));
      }
    };
  }

  private void markCertificate() {
    if (mapping.getSpec().tls() != null) {
      conditions =
          conditions.markTrue(
              Provision.CERTIFICATE_PROVISIONED,
              "CertificateExternallyProvided",
              "TLS certificate was provided externally",
              now);
      return;
    }
    conditions =
        certificates.mark(
            conditions.markTrue(
                Provision.CERTIFICATE_PROVISIONED,
                Provision.TLS_NOT_ENABLED,
                "external-domain-tls is not enabled",
                now),
            now);
  }

  /** The one that the system is asked for; none if the user brings one. */
  private static List<HostCertificate> wanted(DomainMapping mapping, NetworkConfig network) {
    String domain = mapping.getMetadata().getName();
    return mapping.getSpec().tls() == null && Provision.isExternalTlsWanted(mapping, network)
        ? List.of(
            HostCertificate.external(
                MappedIngress.name(domain),
                domain,
                domain,
                // The label is called so, and holds the name: so other controllers know it.
                Map.of(WellKnown.DOMAIN_MAPPING_UID, domain)))
        : List.of();
  }

  /** Makes sure that the domain is this namespace's; answers with why it is not. */
  private Optional<String> claim() {
    String namespace = mapping.getMetadata().getNamespace();
    if (seen.claim().isEmpty() && seen.network().autocreateClusterDomainClaims()) {
      ClusterDomainClaim claim = new ClusterDomainClaim();
      claim.setMetadata(new ObjectMetaBuilder().withName(domain).build());
      claim.setSpec(new ClusterDomainClaimSpec(namespace));
      steps.add(new Step.Create(claim));
    } else if (seen.claim().isEmpty()) {
      return Optional.of(
          unclaimed(
              "no ClusterDomainClaim found for domain \"%s\"".formatted(domain),
              "No ClusterDomainClaim gives the domain name to this namespace"));
    } else if (!isForUs(seen.claim().get())) {
      return Optional.of(
          unclaimed(
              "namespace \"%s\" does not own ClusterDomainClaim for \"%s\""
                  .formatted(namespace, domain),
              "The domain name is already in use by another DomainMapping"));
    }
    conditions = conditions.markTrue(DOMAIN_CLAIMED, now);
    return Optional.empty();
  }

  private String unclaimed(String failure, String message) {
    conditions = conditions.markFalse(DOMAIN_CLAIMED, "DomainAlreadyClaimed", message, now);
    return failure;
  }

  private boolean isForUs(ClusterDomainClaim claim) {
    return mapping.getMetadata().getNamespace().equals(claim.getSpec().namespace());
  }

  private Outcome lead(Target.Found target) {
    Optional<KIngress> foreign =
        seen.ingress().filter(found -> !Children.isControlledBy(found, mapping));
    if (foreign.isPresent()) {
      String message =
          "There is an existing Ingress \"%s\" that we do not own."
              .formatted(foreign.get().getMetadata().getName());
      conditions = conditions.markFalse(IngressChild.INGRESS_READY, "NotOwned", message, now);
      return new Outcome.Failed(message);
    }
    steps.addAll(certificates.steps());
    if (certificates.refusal().isPresent()) {
      return new Outcome.Failed(certificates.refusal().get());
    }
    conditions =
        IngressChild.bring(
            mapping,
            MappedIngress.wanted(mapping, target, certificates, seen.network()),
            seen.ingress(),
            conditions,
            steps,
            now);
    return Outcome.done();
  }

  private Plan end(Outcome outcome) {
    DomainMappingStatus before = mapping.getStatus();
    String scheme =
        mapping.getSpec().tls() != null || certificates.isEncrypted(domain)
            ? "https"
            : seen.network().defaultExternalScheme();
    String url = seen.form().url(scheme, domain);
    DomainMappingStatus after =
        new DomainMappingStatus(
            mapping.getMetadata().getGeneration(),
            StatusConditions.after(CONDITIONS, conditions, before),
            before == null ? Map.of() : before.annotations(),
            url,
            new Addressable(null, url, null, null));
    if (!after.equals(before)) {
      steps.add(StatusConditions.update(new DomainMapping(), mapping, after));
    }
    return new Plan(steps, outcome);
  }
}
