package dev.bellows.controlplane.reconcile.route;

import dev.bellows.api.admission.DnsNames;
import dev.bellows.api.config.NameTemplate;
import dev.bellows.api.config.SystemConfig;
import dev.bellows.api.serving.Route;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.HostForm;
import dev.bellows.controlplane.reconcile.WellKnown;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The names under which a Route is found.
 *
 * @param route the Route
 * @param config templates and domains
 * @param form how names and URLs are written
 * @param localGroups tags whose placeholder Service asks to stay inside the cluster
 */
record Hosts(Route route, SystemConfig config, HostForm form, Set<String> localGroups) {
  Hosts {
    localGroups = Set.copyOf(localGroups);
  }

  /** First label of a group's names: the Route's own, or one made of it and the tag. */
  String name(String tag) {
    String own = route.getMetadata().getName();
    return tag.isEmpty()
        ? own
        : config
            .network()
            .tagTemplate()
            .render(new NameTemplate.Values(Map.of("Tag", tag, "Name", own), Map.of()));
  }

  /** Whether a group can be reached from inside the cluster only. */
  boolean isLocal(String tag) {
    return isLocalDomain() || localGroups.contains(tag);
  }

  /** Whether the whole Route can be reached from inside the cluster only. */
  boolean isLocalDomain() {
    return domain().equals("svc." + form.clusterDomain());
  }

  /** The name that a group's URL shows. */
  String host(String tag) {
    if (isLocal(tag)) {
      return clusterHost(tag);
    }
    return config
        .network()
        .domainTemplate()
        .render(
            new NameTemplate.Values(
                Map.of("Name", name(tag), "Namespace", namespace(), "Domain", domain()),
                Map.of(
                    "Labels", Children.labels(route), "Annotations", Children.annotations(route))));
  }

  /** The full name inside the cluster. */
  String clusterHost(String tag) {
    return name(tag) + "." + namespace() + ".svc." + form.clusterDomain();
  }

  /** Every name inside the cluster. */
  List<String> clusterHosts(String tag) {
    String shortest = name(tag) + "." + namespace();
    return List.of(shortest, shortest + ".svc", clusterHost(tag));
  }

  /** Why no such name can be in DNS: empty if these groups' names can. */
  Optional<String> invalid(Set<String> tags) {
    return tags.stream()
        .sorted()
        .flatMap(tag -> Stream.of(host(tag), clusterHost(tag)))
        .flatMap(host ->
            DnsNames.fullyQualified(host).stream()
                .map(reason -> "invalid domain name \"%s\": %s".formatted(host, reason)))
        .findFirst();
  }

  /** The URL of a group that nothing encrypts. */
  String url(String tag) {
    return isLocal(tag)
        ? "http://" + host(tag)
        : form.url(config.network().defaultExternalScheme(), host(tag));
  }

  private String namespace() {
    return route.getMetadata().getNamespace();
  }

  /** The domain that the Route's labels choose. */
  String domain() {
    Map<String, String> labels = Children.labels(route);
    return WellKnown.CLUSTER_LOCAL.equals(labels.get(WellKnown.VISIBILITY))
        ? "svc." + form.clusterDomain()
        : config.domain().domainFor(labels, form.clusterDomain());
  }
}
