package dev.bellows.controlplane.reconcile.route;

import dev.bellows.api.config.NetworkConfig;
import dev.bellows.api.networking.Certificate;
import dev.bellows.api.serving.Route;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.Step;
import dev.bellows.controlplane.reconcile.WellKnown;
import dev.bellows.controlplane.reconcile.certificate.HostCertificate;
import dev.bellows.controlplane.reconcile.certificate.Provision;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.zip.Adler32;

/** The Certificates of a Route: one for each host that is to be encrypted. */
final class RouteCertificates {
  private RouteCertificates() {}

  /**
   * What the Route wants, sorted by tag.
   *
   * @param tags of its groups, "" for the Route's own
   */
  static List<HostCertificate> wanted(
      Route route, Hosts hosts, Collection<String> tags, NetworkConfig network) {
    boolean external = Provision.isExternalTlsWanted(route, network);
    Map<String, String> labels = Map.of(WellKnown.ROUTE, route.getMetadata().getName());
    List<HostCertificate> wanted = new ArrayList<>();
    for (String tag : tags.stream().sorted().toList()) {
      String name = name(route, tag);
      if (external && !hosts.isLocal(tag)) {
        wanted.add(HostCertificate.external(name, hosts.host(tag), hosts.domain(), labels));
      }
      if (network.clusterLocalDomainTls()) {
        wanted.add(
            HostCertificate.clusterLocal(
                name + "-local", hosts.clusterHost(tag), hosts.clusterHosts(tag), labels));
      }
    }
    return wanted;
  }

  private static String name(Route route, String tag) {
    String own = "route-" + route.getMetadata().getUid();
    if (tag.isEmpty()) {
      return own;
    }
    Adler32 sum = new Adler32();
    sum.update(tag.getBytes(StandardCharsets.UTF_8));
    return own + "-" + sum.getValue();
  }

  /**
   * The steps that remove the Certificates of hosts which are gone. With the option switched off
   * altogether they stay: a certificate is slow to come by, and does no harm.
   */
  static List<Step> orphans(
      Route route, List<HostCertificate> wanted, Collection<Certificate> present) {
    Set<String> names = wanted.stream().map(HostCertificate::name).collect(Collectors.toSet());
    return wanted.isEmpty()
        ? List.of()
        : present.stream()
            .filter(each ->
                route.getMetadata().getName().equals(Children.labels(each).get(WellKnown.ROUTE)))
            .filter(each -> Children.isControlledBy(each, route))
            .filter(each -> !names.contains(each.getMetadata().getName()))
            .<Step>map(Step.Delete::new)
            .toList();
  }
}
