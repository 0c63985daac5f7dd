package dev.bellows.dataplane.gateway;

import dev.bellows.core.route.ServiceId;
import dev.bellows.core.route.ServicePort;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The addresses of every Service that was told of. A routing table keeps the {@link Backend} of
 * each Service that it names, known or not, so that endpoints and routes change independently.
 */
final class Backends {
  private final Map<ServiceId, Backend> services = new ConcurrentHashMap<>();

  /** The Service's entry, made if it is not there. */
  Backend of(ServiceId service) {
    return services.computeIfAbsent(service, Backend::new);
  }

  /** Services that were told of or are named by a route. */
  int size() {
    return services.size();
  }

  /** Forgets Services that neither exist nor are named by a route. */
  void prune(Set<ServiceId> named) {
    services.values().removeIf(each -> !each.exists() && !named.contains(each.service()));
  }

  /** One Service, whose pools are replaced as a whole. */
  static final class Backend {
    private final ServiceId service;
    private volatile @Nullable Map<String, EndpointPool> byPort;

    private Backend(ServiceId service) {
      this.service = service;
    }

    ServiceId service() {
      return service;
    }

    /** Whether the Service exists. */
    boolean exists() {
      return byPort != null;
    }

    /** The addresses behind a port; empty if there is no such Service or port. */
    EndpointPool pool(String port) {
      Map<String, EndpointPool> seen = byPort;
      return seen == null ? EndpointPool.EMPTY : seen.getOrDefault(port, EndpointPool.EMPTY);
    }

    void update(Map<String, ServicePort> ports) {
      Map<String, EndpointPool> before = byPort;
      byPort =
          ports.entrySet().stream()
              .collect(
                  Collectors.toUnmodifiableMap(
                      Map.Entry::getKey,
                      entry ->
                          (before == null
                                  ? EndpointPool.EMPTY
                                  : before.getOrDefault(entry.getKey(), EndpointPool.EMPTY))
                              .with(entry.getValue())));
    }

    void remove() {
      byPort = null;
    }
  }
}
