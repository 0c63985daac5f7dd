package dev.bellows.controlplane.reconcile.certificate;

import dev.bellows.api.config.NameTemplate;
import dev.bellows.api.config.SystemConfig;
import dev.bellows.api.networking.Certificate;
import dev.bellows.api.networking.CertificateSpec;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.Outcome;
import dev.bellows.controlplane.reconcile.Plan;
import dev.bellows.controlplane.reconcile.Step;
import dev.bellows.controlplane.reconcile.Step.Severity;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Decides which wildcard Certificate a namespace should have: one at most. */
final class WildcardPlan {
  private static final String ANY = "*";

  private WildcardPlan() {}

  /**
   * What to write, given what is seen.
   *
   * @param present every Certificate in the namespace
   * @param clusterDomain such as {@code cluster.local}
   */
  static Plan plan(
      Namespace namespace,
      Collection<Certificate> present,
      SystemConfig config,
      String clusterDomain) {
    List<Step> steps = new ArrayList<>();
    Optional<Certificate> wanted = Optional.empty();
    if (isMeant(namespace, config)) {
      String domain = config.domain().domainFor(Map.of(), clusterDomain);
      String host = host(namespace, domain, config);
      if (!host.startsWith(ANY + ".") || host.indexOf(ANY, 1) > 0) {
        String message =
            "domain-template makes \"%s\", and a certificate can hold for all names of one domain only"
                .formatted(host);
        return new Plan(List.of(), new Outcome.Failed(message));
      }
      wanted = Optional.of(certificate(namespace, host, domain, config));
    }
    String name = wanted.map(each -> each.getMetadata().getName()).orElse("");
    for (Certificate each : present) {
      if (Wildcards.isWildcard(each)
          && Children.isControlledBy(each, namespace)
          && !each.getMetadata().getName().equals(name)) {
        steps.add(new Step.Delete(each));
      }
    }
    wanted.ifPresent(made -> bring(namespace, made, present, steps));
    return Plan.of(steps);
  }

  private static boolean isMeant(Namespace namespace, SystemConfig config) {
    return config.network().externalDomainTls()
        && config
            .network()
            .namespaceWildcardCertSelector()
            .filter(selector -> selector.matches(Children.labels(namespace)))
            .isPresent();
  }

  private static String host(Namespace namespace, String domain, SystemConfig config) {
    return config
        .network()
        .domainTemplate()
        .render(
            new NameTemplate.Values(
                Map.of(
                    "Name", ANY, "Namespace", namespace.getMetadata().getName(), "Domain", domain),
                Map.of("Labels", Map.of(), "Annotations", Map.of())));
  }

  private static Certificate certificate(
      Namespace namespace, String host, String domain, SystemConfig config) {
    String name = Wildcards.domainOf(host);
    Certificate certificate = new Certificate();
    certificate.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace(namespace.getMetadata().getName())
            .withName(name)
            .withLabels(Map.of(Wildcards.DOMAIN, name))
            .withAnnotations(
                Map.of(Provision.CERTIFICATE_CLASS, config.network().certificateClass()))
            .withOwnerReferences(Children.controlledBy(namespace))
            .build());
    certificate.setSpec(new CertificateSpec(List.of(host), domain, name));
    return certificate;
  }

  private static void bring(
      Namespace namespace, Certificate made, Collection<Certificate> present, List<Step> steps) {
    String name = made.getMetadata().getName();
    Optional<Certificate> found =
        present.stream().filter(each -> each.getMetadata().getName().equals(name)).findFirst();
    if (found.isEmpty()) {
      steps.add(new Step.Create(made));
      steps.add(
          new Step.Announce(
              namespace,
              Severity.NORMAL,
              "Created",
              "Created Certificate %s/%s".formatted(made.getMetadata().getNamespace(), name)));
    } else if (Children.isControlledBy(found.get(), namespace)) {
      Certificate changed = new Certificate();
      changed.setMetadata(found.get().getMetadata());
      changed.setSpec(made.getSpec());
      changed.setStatus(found.get().getStatus());
      Step.patch(found.get(), changed).ifPresent(steps::add);
    }
  }
}
