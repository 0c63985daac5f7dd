package dev.bellows.controlplane.reconcile.service;

import dev.bellows.api.serving.Configuration;
import dev.bellows.api.serving.ConfigurationSpec;
import dev.bellows.api.serving.Route;
import dev.bellows.api.serving.RouteSpec;
import dev.bellows.api.serving.Service;
import dev.bellows.api.serving.TrafficTarget;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.WellKnown;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** The Configuration and the Route of a Service, as they should be. */
final class ServiceChildren {
  private ServiceChildren() {}

  /**
   * @param found the Configuration there is, whose Routes are kept: others may lead to it
   * @param route the Route of the Service's name; another's does not lead here, and the labeler
   *     would take its name off again
   */
  static Configuration configuration(
      Service service, Optional<Configuration> found, Optional<Route> route) {
    String name = service.getMetadata().getName();
    Map<String, String> labels = new LinkedHashMap<>(Children.labels(service));
    labels.put(WellKnown.SERVICE, name);
    labels.put(WellKnown.SERVICE_UID, service.getMetadata().getUid());
    Map<String, String> annotations =
        Children.without(
            Children.annotations(service),
            List.of(WellKnown.LAST_APPLIED, WellKnown.ROLLOUT_DURATION));
    TreeSet<String> routes = new TreeSet<>();
    if (route.isEmpty() || Children.isControlledBy(route.get(), service)) {
      routes.add(name);
    }
    found
        .map(configuration -> Children.annotations(configuration).get(WellKnown.ROUTES))
        .filter(list -> !list.isEmpty())
        .ifPresent(list -> routes.addAll(List.of(list.split(",", -1))));
    if (!routes.isEmpty()) {
      annotations.put(WellKnown.ROUTES, String.join(",", routes));
    }
    Configuration configuration = new Configuration();
    configuration.setMetadata(Children.metadata(service, name, labels, annotations));
    configuration.setSpec(new ConfigurationSpec(service.getSpec().template()));
    return configuration;
  }

  static Route route(Service service) {
    String name = service.getMetadata().getName();
    Map<String, String> labels = new LinkedHashMap<>(Children.labels(service));
    labels.put(WellKnown.SERVICE, name);
    Route route = new Route();
    route.setMetadata(
        Children.metadata(
            service,
            name,
            labels,
            Children.without(Children.annotations(service), List.of(WellKnown.LAST_APPLIED))));
    route.setSpec(
        new RouteSpec(
            service.getSpec().traffic().stream()
                .map(target -> followingConfiguration(target, name))
                .toList()));
    return route;
  }

  private static TrafficTarget followingConfiguration(TrafficTarget target, String name) {
    boolean pinned = target.revisionName() != null && !target.revisionName().isEmpty();
    return pinned
        ? target
        : new TrafficTarget(
            target.tag(),
            target.revisionName(),
            name,
            target.latestRevision(),
            target.percent(),
            target.url());
  }
}
