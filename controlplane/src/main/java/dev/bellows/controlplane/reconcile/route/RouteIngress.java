package dev.bellows.controlplane.reconcile.route;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.api.config.Feature;
import dev.bellows.api.config.SystemConfig;
import dev.bellows.api.networking.HeaderMatch;
import dev.bellows.api.networking.HttpIngressPath;
import dev.bellows.api.networking.HttpIngressRuleValue;
import dev.bellows.api.networking.IngressBackendSplit;
import dev.bellows.api.networking.IngressRule;
import dev.bellows.api.networking.IngressSpec;
import dev.bellows.api.networking.KIngress;
import dev.bellows.api.networking.RolloutAnnotation;
import dev.bellows.api.serving.Revision;
import dev.bellows.api.serving.Route;
import dev.bellows.controlplane.reconcile.ChildName;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.IngressAnnotations;
import dev.bellows.controlplane.reconcile.WellKnown;
import dev.bellows.controlplane.reconcile.certificate.Challenges;
import dev.bellows.controlplane.reconcile.certificate.Provision;
import dev.bellows.controlplane.reconcile.revision.RevisionFacts;
import dev.bellows.core.rollout.RevisionTarget;
import dev.bellows.core.rollout.Rollout;
import dev.bellows.core.rollout.Traffic;
import io.fabric8.kubernetes.api.model.IntOrString;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The KIngress of a Route, as it should be.
 *
 * @param hosts the Route's names
 * @param traffic where its targets lead now
 * @param rollout how far latest Revisions have taken over
 * @param revisions those that they lead to, by name
 * @param certificates those that its hosts have, and wait for
 * @param config the settings now in force
 */
record RouteIngress(
    Route route,
    Hosts hosts,
    Traffic.Assigned traffic,
    Rollout rollout,
    Map<String, Revision> revisions,
    Provision certificates,
    SystemConfig config) {
  /** Port of a Revision's Service for the system's own TLS. */
  private static final int HTTPS_PORT = 443;

  private static final String TAG_TO_HOST = "networking.internal.knative.dev/tag-to-host";
  private static final String TAG_HEADER = "Knative-Serving-Tag";
  private static final String DEFAULT_ROUTE_HEADER = "Knative-Serving-Default-Route";

  /** Name of a Route's KIngress. */
  static String name(String route) {
    return ChildName.of(route, "");
  }

  KIngress wanted() {
    Map<String, String> labels = new LinkedHashMap<>(Children.labels(route));
    labels.put(WellKnown.ROUTE, route.getMetadata().getName());
    labels.put(WellKnown.ROUTE_NAMESPACE, route.getMetadata().getNamespace());
    KIngress ingress = new KIngress();
    ingress.setMetadata(
        Children.metadata(route, name(route.getMetadata().getName()), labels, annotations()));
    ingress.setSpec(
        new IngressSpec(
            IngressAnnotations.httpOption(Children.annotations(route), config.network()),
            certificates.tls(),
            Challenges.first(certificates.challenges(), rules())));
    return ingress;
  }

  private Map<String, String> annotations() {
    Map<String, String> result = new LinkedHashMap<>();
    result.put(RolloutAnnotation.KEY, RolloutAnnotation.write(rollout));
    ObjectNode tagToHost = JsonNodeFactory.instance.objectNode();
    traffic
        .groups()
        .keySet()
        .forEach(tag -> {
          if (!tag.isEmpty()) {
            ArrayNode names = tagToHost.putArray(tag);
            names.add(hosts.host(tag));
          }
        });
    if (!tagToHost.isEmpty()) {
      result.put(TAG_TO_HOST, tagToHost.toString());
    }
    result.putAll(IngressAnnotations.handedOn(Children.annotations(route), config.network()));
    return result;
  }

  private List<IngressRule> rules() {
    boolean tagHeaders = config.features().enabled(Feature.TAG_HEADER_BASED_ROUTING);
    List<IngressRule> rules = new ArrayList<>();
    traffic
        .groups()
        .forEach((tag, group) -> {
          HttpIngressRuleValue paths =
              new HttpIngressRuleValue(
                  tagHeaders ? pathsByHeader(tag) : List.of(path(group, Map.of(), Map.of())));
          rules.add(new IngressRule(hosts.clusterHosts(tag), "ClusterLocal", paths));
          if (!hosts.isLocal(tag)) {
            rules.add(new IngressRule(List.of(hosts.host(tag)), "ExternalIP", paths));
          }
        });
    return rules;
  }

  /** A header that names a tag leads to it from the Route's own host as well. */
  private List<HttpIngressPath> pathsByHeader(String tag) {
    List<HttpIngressPath> paths = new ArrayList<>();
    if (!tag.isEmpty()) {
      paths.add(path(group(tag), Map.of(), Map.of(TAG_HEADER, tag)));
      return paths;
    }
    traffic
        .groups()
        .forEach((each, group) -> {
          if (!each.isEmpty()) {
            paths.add(path(group, Map.of(TAG_HEADER, new HeaderMatch(each)), Map.of()));
          }
        });
    paths.add(path(group(""), Map.of(), Map.of(DEFAULT_ROUTE_HEADER, "true")));
    return paths;
  }

  private List<RevisionTarget> group(String tag) {
    return traffic.groups().getOrDefault(tag, List.of());
  }

  private HttpIngressPath path(
      List<RevisionTarget> group, Map<String, HeaderMatch> headers, Map<String, String> append) {
    return new HttpIngressPath(
        null,
        null,
        headers,
        group.stream().filter(target -> target.percent() > 0).map(this::split).toList(),
        append);
  }

  private IngressBackendSplit split(RevisionTarget target) {
    String namespace = route.getMetadata().getNamespace();
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Knative-Serving-Namespace", namespace);
    headers.put("Knative-Serving-Revision", target.revisionName());
    Revision revision =
        Objects.requireNonNull(revisions.get(target.revisionName()), target::toString);
    int port =
        config.network().systemInternalTls()
            ? HTTPS_PORT
            : switch (RevisionFacts.protocol(revision)) {
              case HTTP1 -> 80;
              case H2C -> 81;
            };
    return new IngressBackendSplit(
        namespace, target.revisionName(), new IntOrString(port), target.percent(), headers);
  }
}
