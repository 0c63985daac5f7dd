package dev.bellows.controlplane.feed;

import dev.bellows.api.Condition;
import dev.bellows.api.ConditionedStatus;
import dev.bellows.api.serving.DomainMapping;
import dev.bellows.api.serving.Route;
import dev.bellows.api.serving.RouteStatus;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.core.route.IngressListener;
import dev.bellows.core.route.Unready;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The Routes and DomainMappings that are not ready, with the reason: a gateway that is asked for
 * their hosts can say more than that it does not know them. Not safe to use from several threads at
 * a time: its feed's lock is held.
 */
final class UnreadySubjects {
  private static final String ROUTE = "Route";
  private static final String DOMAIN_MAPPING = "DomainMapping";

  private final IngressFeed.Views views;
  private final IngressListener listener;
  private final String suffix;
  private final Map<String, Unready> told = new HashMap<>();

  /**
   * Nothing is told yet.
   *
   * @param suffix of names inside the cluster, such as {@code .svc.cluster.local}
   */
  UnreadySubjects(IngressFeed.Views views, IngressListener listener, String suffix) {
    this.views = views;
    this.listener = listener;
    this.suffix = suffix;
  }

  /** A Route, or the Service of the same name, may have changed. */
  void lookAtRoute(String namespace, String name) {
    Optional<Route> route = views.routes().find(namespace, name);
    tell(
        ROUTE,
        namespace,
        name,
        route
            .filter(each -> !Children.isBeingDeleted(each) && !ready(each.getStatus()))
            .map(each -> unready(ROUTE, namespace, name, hosts(each), cause(each))));
  }

  /** A DomainMapping may have changed. */
  void lookAtDomainMapping(String namespace, String name) {
    Optional<DomainMapping> mapping = views.domainMappings().find(namespace, name);
    tell(
        DOMAIN_MAPPING,
        namespace,
        name,
        mapping
            .filter(each -> !Children.isBeingDeleted(each) && !ready(each.getStatus()))
            .map(each ->
                unready(
                    DOMAIN_MAPPING, namespace, name, List.of(name), readiness(each.getStatus()))));
  }

  private void tell(String kind, String namespace, String name, Optional<Unready> now) {
    String key = kind + " " + namespace + "/" + name;
    if (now.isEmpty()) {
      if (told.remove(key) != null) {
        listener.onUnreadyNoMore(kind, namespace, name);
      }
    } else if (!now.get().equals(told.put(key, now.get()))) {
      listener.onUnready(now.get());
    }
  }

  private static Unready unready(
      String kind, String namespace, String name, List<String> hosts, Optional<Condition> ready) {
    return new Unready(
        kind,
        namespace,
        name,
        hosts,
        ready.filter(each -> each.read().isFalse()).isPresent(),
        ready.map(UnreadySubjects::why).orElse(""));
  }

  private static String why(Condition ready) {
    String message = Objects.requireNonNullElse(ready.message(), "");
    String reason = Objects.requireNonNullElse(ready.reason(), "");
    return reason.isEmpty() || message.isEmpty() ? reason + message : reason + ": " + message;
  }

  /** A Service's Ready names the cause of its Route's, where it is not ready itself (ADR 0045). */
  private Optional<Condition> cause(Route route) {
    Optional<Condition> own = readiness(route.getStatus());
    return views
        .knativeServices()
        .find(route.getMetadata().getNamespace(), route.getMetadata().getName())
        .filter(service -> Children.isControlledBy(route, service) && !ready(service.getStatus()))
        .flatMap(service -> readiness(service.getStatus()))
        .or(() -> own);
  }

  private static boolean ready(@Nullable ConditionedStatus status) {
    return status != null && status.isTrue(Condition.READY);
  }

  private static Optional<Condition> readiness(@Nullable ConditionedStatus status) {
    return status == null ? Optional.empty() : status.condition(Condition.READY);
  }

  /** Those that its status shows, and those that it has inside the cluster by its name alone. */
  private List<String> hosts(Route route) {
    String shortest = route.getMetadata().getName() + "." + route.getMetadata().getNamespace();
    List<String> hosts = new ArrayList<>(List.of(shortest, shortest + ".svc", shortest + suffix));
    RouteStatus status = route.getStatus();
    if (status != null) {
      Stream.concat(
              Stream.ofNullable(status.url()),
              status.traffic().stream().flatMap(target -> Stream.ofNullable(target.url())))
          .flatMap(url -> Stream.ofNullable(URI.create(url).getHost()))
          .filter(host -> !hosts.contains(host))
          .forEach(hosts::add);
    }
    return hosts;
  }
}
