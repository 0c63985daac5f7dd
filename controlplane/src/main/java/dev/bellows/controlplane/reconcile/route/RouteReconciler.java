package dev.bellows.controlplane.reconcile.route;

import dev.bellows.api.config.SystemConfig;
import dev.bellows.api.networking.Certificate;
import dev.bellows.api.networking.KIngress;
import dev.bellows.api.serving.Configuration;
import dev.bellows.api.serving.Revision;
import dev.bellows.api.serving.Route;
import dev.bellows.api.serving.TrafficTarget;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.Controller;
import dev.bellows.controlplane.reconcile.HostForm;
import dev.bellows.controlplane.reconcile.Outcome;
import dev.bellows.controlplane.reconcile.Reconciler;
import dev.bellows.controlplane.reconcile.WellKnown;
import dev.bellows.controlplane.reconcile.Writer;
import dev.bellows.controlplane.reconcile.certificate.Wildcards;
import dev.bellows.controlplane.watch.Cluster;
import dev.bellows.controlplane.watch.Key;
import dev.bellows.controlplane.watch.Watched;
import dev.bellows.core.rollout.RevisionShare;
import dev.bellows.core.rollout.RevisionTarget;
import dev.bellows.core.rollout.Traffic;
import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Keeps each Route's KIngress and placeholder Services as its traffic asks. */
public final class RouteReconciler implements Reconciler {
  private final Cluster cluster;
  private final Supplier<SystemConfig> config;
  private final Writer writer;
  private final InstantSource clock;
  private final HostForm form;
  private final Watched.Index<Route> byTarget;
  private final Watched.Index<Service> byRoute;
  private final Watched.Index<Certificate> certificates;

  /**
   * To be made before the views are filled: it adds indexes to them.
   *
   * @param config the settings now in force
   * @param form how names and URLs are written
   */
  public RouteReconciler(
      Cluster cluster,
      Supplier<SystemConfig> config,
      Writer writer,
      InstantSource clock,
      HostForm form) {
    this.cluster = cluster;
    this.config = config;
    this.writer = writer;
    this.clock = clock;
    this.form = form;
    this.byTarget = cluster.routes().indexBy(RouteReconciler::targets);
    this.byRoute = cluster.services().indexByLabel(WellKnown.ROUTE);
    this.certificates =
        cluster.certificates().indexBy(each -> List.of(each.getMetadata().getNamespace()));
  }

  @Override
  public String name() {
    return "route-controller";
  }

  /** What wakes a Route besides its own changes. */
  public void watch(Controller<Route> controller) {
    controller.wakeControllerOf(cluster.ingresses());
    controller.wakeControllerOf(cluster.services());
    controller.wakeControllerOf(cluster.certificates());
    cluster
        .certificates()
        .onChange(change -> {
          if (Wildcards.isWildcard(change.object())) {
            controller.wakeAll(); // they are few, and change once in months
          }
        });
    // By name, so that a target that does not exist yet wakes the Route when it comes.
    cluster.configurations().onChange(change -> wakeAll(controller, change.object()));
    cluster
        .revisions()
        .onChange(change -> {
          wakeAll(controller, change.object());
          String configuration = Children.labels(change.object()).get(WellKnown.CONFIGURATION);
          if (configuration != null) {
            wakeAll(
                controller,
                target(Configuration.class, Key.of(change.object()).namespace(), configuration));
          }
        });
  }

  private void wakeAll(Controller<Route> controller, HasMetadata object) {
    Key key = Key.of(object);
    wakeAll(controller, target(object.getClass(), key.namespace(), key.name()));
  }

  private void wakeAll(Controller<Route> controller, String target) {
    byTarget.get(target).forEach(route -> controller.wakeSoon(Key.of(route)));
  }

  @Override
  public Outcome reconcile(Key key) {
    Optional<Route> route = cluster.routes().find(key);
    if (route.isEmpty() || Children.isBeingDeleted(route.get())) {
      return Outcome.done();
    }
    return RoutePlan.plan(observe(route.get()), clock.instant()).applyWith(writer);
  }

  private Seen observe(Route route) {
    String namespace = route.getMetadata().getNamespace();
    String name = route.getMetadata().getName();
    Traffic traffic =
        RouteTraffic.of(
            route,
            each -> cluster.configurations().find(namespace, each),
            each -> cluster.revisions().find(namespace, each));
    SystemConfig current = config.get();
    Optional<KIngress> ingress = cluster.ingresses().find(namespace, RouteIngress.name(name));
    Map<String, Revision> revisions = new HashMap<>();
    Map<String, Service> services = new HashMap<>();
    Map<String, Endpoints> endpoints = new HashMap<>();
    if (traffic instanceof Traffic.Assigned complete) {
      Hosts hosts = new Hosts(route, current, form, Set.of());
      for (String tag : complete.groups().keySet()) {
        String host = hosts.name(tag);
        cluster.services().find(namespace, host).ifPresent(each -> services.put(host, each));
        cluster.endpoints().find(namespace, host).ifPresent(each -> endpoints.put(host, each));
      }
      Stream.concat(
              complete.entries().stream().map(RevisionTarget::revisionName),
              RouteRollout.carried(ingress).stream()
                  .flatMap(rollout -> rollout.configurations().stream())
                  .flatMap(rollout -> rollout.revisions().stream())
                  .map(RevisionShare::revisionName))
          .forEach(each ->
              cluster
                  .revisions()
                  .find(namespace, each)
                  .ifPresent(revision -> revisions.put(each, revision)));
    }
    return new Seen(
        route,
        traffic,
        revisions,
        ingress,
        services,
        endpoints,
        current.network().externalDomainTls() || current.network().clusterLocalDomainTls()
            ? certificates.get(namespace)
            : List.of(),
        byRoute.get(name).stream()
            .filter(service -> Children.isControlledBy(service, route))
            .toList(),
        current,
        form);
  }

  private static List<String> targets(Route route) {
    String namespace = route.getMetadata().getNamespace();
    List<String> targets = new ArrayList<>();
    for (TrafficTarget each : route.getSpec().traffic()) {
      if (each.revisionName() != null) {
        targets.add(target(Revision.class, namespace, each.revisionName()));
      }
      if (each.configurationName() != null) {
        targets.add(target(Configuration.class, namespace, each.configurationName()));
      }
    }
    return targets;
  }

  private static String target(Class<?> kind, String namespace, String name) {
    return kind.getSimpleName() + " " + Objects.requireNonNull(namespace) + "/" + name;
  }
}
