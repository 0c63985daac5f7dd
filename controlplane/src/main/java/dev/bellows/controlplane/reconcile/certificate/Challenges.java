package dev.bellows.controlplane.reconcile.certificate;

import dev.bellows.api.networking.Http01Challenge;
import dev.bellows.api.networking.HttpIngressPath;
import dev.bellows.api.networking.HttpIngressRuleValue;
import dev.bellows.api.networking.IngressBackendSplit;
import dev.bellows.api.networking.IngressRule;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The paths of a KIngress at which an ACME server finds its challenges answered. */
public final class Challenges {
  private static final String EXTERNAL = "ExternalIP";

  private Challenges() {}

  private record At(String host, HttpIngressPath path) {}

  /**
   * The rules with the challenges before everything else. A challenge at a host that no public rule
   * is about gets a rule of its own.
   */
  public static List<IngressRule> first(List<Http01Challenge> challenges, List<IngressRule> rules) {
    if (challenges.isEmpty()) {
      return rules;
    }
    Map<String, List<HttpIngressPath>> byHost = new LinkedHashMap<>();
    challenges.stream()
        .map(Challenges::at)
        .flatMap(Optional::stream)
        .forEach(at -> byHost.computeIfAbsent(at.host(), _ -> new ArrayList<>()).add(at.path()));
    List<IngressRule> result = new ArrayList<>();
    for (IngressRule rule : rules) {
      List<HttpIngressPath> paths = new ArrayList<>();
      if (EXTERNAL.equals(rule.visibility())) {
        for (String host : rule.hosts()) {
          @Nullable List<HttpIngressPath> asked = byHost.remove(host);
          if (asked != null) {
            paths.addAll(asked);
          }
        }
      }
      if (rule.http() != null) {
        paths.addAll(rule.http().paths());
      }
      result.add(new IngressRule(rule.hosts(), rule.visibility(), new HttpIngressRuleValue(paths)));
    }
    byHost.forEach((host, paths) ->
        result.add(new IngressRule(List.of(host), EXTERNAL, new HttpIngressRuleValue(paths))));
    return result;
  }

  private static Optional<At> at(Http01Challenge challenge) {
    if (challenge.url() == null) {
      return Optional.empty();
    }
    URI url;
    try {
      url = URI.create(challenge.url());
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // what the provider wrote is no URL: nobody can ask for it either
    }
    return url.getHost() == null
        ? Optional.empty()
        : Optional.of(
            new At(
                url.getHost(),
                new HttpIngressPath(
                    url.getPath(),
                    null,
                    Map.of(),
                    List.of(
                        new IngressBackendSplit(
                            challenge.serviceNamespace(),
                            challenge.serviceName(),
                            challenge.servicePort(),
                            100,
                            Map.of())),
                    Map.of())));
  }
}
