package dev.bellows.dataplane.gateway;

import dev.bellows.core.route.Ingress;
import dev.bellows.core.route.IngressListener;
import dev.bellows.core.route.ServiceId;
import dev.bellows.core.route.ServicePort;
import dev.bellows.dataplane.gateway.RoutingTable.HostRoutes;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Follows the cluster: keeps the current {@link RoutingTable} and the addresses behind it. Told by
 * one thread at a time; read by any.
 */
final class Routes implements IngressListener {
  private final Backends backends = new Backends();

  /** By namespace/name, so that of two KIngresses for one host the same one always wins. */
  private final Map<String, Prepared> ingresses = new TreeMap<>();

  private volatile RoutingTable table = RoutingTable.EMPTY;

  RoutingTable table() {
    return table;
  }

  @Override
  public void onIngress(Ingress ingress) {
    String key = key(ingress.namespace(), ingress.name());
    Prepared before = ingresses.get(key);
    if (before != null && before.ingress().equals(ingress)) {
      return; // its routes keep their turns
    }
    ingresses.put(key, new Prepared(ingress, prepare(ingress)));
    publish();
  }

  @Override
  public void onIngressDeleted(String namespace, String name) {
    if (ingresses.remove(key(namespace, name)) != null) {
      publish();
    }
  }

  @Override
  public void onService(ServiceId service, Map<String, ServicePort> byPort) {
    backends.of(service).update(byPort);
  }

  @Override
  public void onServiceDeleted(ServiceId service) {
    backends.of(service).remove();
    prune();
  }

  private void publish() {
    table = new RoutingTable(rules().toList());
    prune();
  }

  private void prune() {
    backends.prune(
        rules()
            .flatMap(rule -> rule.routes().stream())
            .flatMap(Route::services)
            .collect(Collectors.toSet()));
  }

  private Stream<HostRoutes> rules() {
    return ingresses.values().stream().flatMap(each -> each.rules().stream());
  }

  private List<HostRoutes> prepare(Ingress ingress) {
    return ingress.rules().stream()
        .map(rule ->
            new HostRoutes(
                rule.visibility(),
                rule.hosts(),
                rule.paths().stream()
                    .filter(path -> !path.splits().isEmpty()) // refused at admission, too
                    .map(path -> new Route(rule.visibility(), path, backends))
                    .toList()))
        .toList();
  }

  private static String key(String namespace, String name) {
    return namespace + "/" + name;
  }

  private record Prepared(Ingress ingress, List<HostRoutes> rules) {}
}
