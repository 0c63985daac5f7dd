package dev.bellows.controlplane.reconcile.domainmapping;

import dev.bellows.api.config.NetworkConfig;
import dev.bellows.api.networking.HttpIngressPath;
import dev.bellows.api.networking.HttpIngressRuleValue;
import dev.bellows.api.networking.IngressBackendSplit;
import dev.bellows.api.networking.IngressRule;
import dev.bellows.api.networking.IngressSpec;
import dev.bellows.api.networking.IngressTls;
import dev.bellows.api.networking.KIngress;
import dev.bellows.api.serving.DomainMapping;
import dev.bellows.controlplane.reconcile.ChildName;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.IngressAnnotations;
import dev.bellows.controlplane.reconcile.WellKnown;
import dev.bellows.controlplane.reconcile.certificate.Challenges;
import dev.bellows.controlplane.reconcile.certificate.Provision;
import io.fabric8.kubernetes.api.model.IntOrString;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The KIngress of a DomainMapping: one host, led on under the name of its target. */
final class MappedIngress {
  private static final String ORIGINAL_HOST = "K-Original-Host";
  private static final int HTTP_PORT = 80;

  private MappedIngress() {}

  /** Name of a DomainMapping's KIngress. */
  static String name(String mapping) {
    return ChildName.of(mapping, "");
  }

  static KIngress wanted(
      DomainMapping mapping, Target.Found target, Provision certificates, NetworkConfig network) {
    String domain = mapping.getMetadata().getName();
    String namespace = mapping.getMetadata().getNamespace();
    Map<String, String> labels = new LinkedHashMap<>(Children.labels(mapping));
    labels.put(WellKnown.DOMAIN_MAPPING_UID, mapping.getMetadata().getUid());
    labels.put(WellKnown.DOMAIN_MAPPING_NAMESPACE, namespace);
    KIngress ingress = new KIngress();
    ingress.setMetadata(
        Children.metadata(
            mapping,
            name(domain),
            labels,
            IngressAnnotations.handedOn(Children.annotations(mapping), network)));
    HttpIngressPath path =
        new HttpIngressPath(
            null,
            target.host(),
            Map.of(),
            List.of(
                new IngressBackendSplit(
                    namespace, target.service(), new IntOrString(HTTP_PORT), 100, Map.of())),
            // The program sees the domain that its client asked for.
            Map.of(ORIGINAL_HOST, domain));
    ingress.setSpec(
        new IngressSpec(
            IngressAnnotations.httpOption(Children.annotations(mapping), network),
            tls(mapping, certificates),
            Challenges.first(
                certificates.challenges(),
                List.of(
                    new IngressRule(
                        List.of(domain), "ExternalIP", new HttpIngressRuleValue(List.of(path)))))));
    return ingress;
  }

  private static List<IngressTls> tls(DomainMapping mapping, Provision certificates) {
    var tls = mapping.getSpec().tls();
    return tls == null
        ? certificates.tls()
        : List.of(
            new IngressTls(
                List.of(mapping.getMetadata().getName()),
                tls.secretName(),
                mapping.getMetadata().getNamespace()));
  }
}
