package dev.bellows.dataplane.gateway;

import dev.bellows.core.route.Ingress.Visibility;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Which route a request takes, by listener, host, path and headers. Immutable; a change of any
 * KIngress makes a new table, while routes that did not change live on and keep their turns.
 */
final class RoutingTable {
  private static final Comparator<Route> MOST_PARTICULAR_FIRST =
      Comparator.comparingInt(Route::prefixLength).thenComparingInt(Route::headerCount).reversed();

  private static final List<Visibility> VISIBILITIES = List.of(Visibility.values());

  static final RoutingTable EMPTY = new RoutingTable(List.of());

  private final Map<String, List<Route>> external = new HashMap<>();
  private final Map<String, List<Route>> clusterLocal = new HashMap<>();

  /**
   * Orders rules for look-up.
   *
   * @param rules of all KIngresses, in the order in which equally particular ones are tried
   */
  RoutingTable(Collection<HostRoutes> rules) {
    for (HostRoutes rule : rules) {
      Map<String, List<Route>> hosts = of(rule.visibility());
      for (String host : rule.hosts()) {
        hosts
            .computeIfAbsent(host.toLowerCase(Locale.ROOT), _ -> new ArrayList<>())
            .addAll(rule.routes());
      }
    }
    for (Visibility visibility : VISIBILITIES) {
      of(visibility).values().forEach(routes -> routes.sort(MOST_PARTICULAR_FIRST));
    }
  }

  /**
   * Finds the route of a request.
   *
   * @param served whose rules the listener answers for
   * @param host as {@link #hostOf} gives it
   * @param path of the request, without query
   * @param headers of the request
   */
  Match match(Set<Visibility> served, String host, String path, Route.HeaderSource headers) {
    boolean hostKnown = false;
    for (Visibility visibility : VISIBILITIES) {
      List<Route> routes = served.contains(visibility) ? of(visibility).get(host) : null;
      if (routes == null) {
        continue;
      }
      hostKnown = true;
      for (int i = 0; i < routes.size(); i++) {
        if (routes.get(i).takes(path, headers)) {
          return routes.get(i);
        }
      }
    }
    return hostKnown ? Match.UnknownPath.INSTANCE : Match.UnknownHost.INSTANCE;
  }

  private Map<String, List<Route>> of(Visibility visibility) {
    return switch (visibility) {
      case EXTERNAL_IP -> external;
      case CLUSTER_LOCAL -> clusterLocal;
    };
  }

  /** Hosts that a listener answers for. */
  int hosts(Set<Visibility> served) {
    return served.stream().mapToInt(visibility -> of(visibility).size()).sum();
  }

  /**
   * A Host header's name alone: without port and closing dot, in lower case.
   *
   * @param header as it came, such as {@code Hello.example.com:8080} or {@code [::1]:80}
   */
  static String hostOf(String header) {
    int end = header.length();
    int colon = header.lastIndexOf(':');
    if (colon >= 0 && header.indexOf(']', colon) < 0) {
      end = colon;
    }
    if (end > 1 && header.charAt(end - 1) == '.') {
      end--;
    }
    return header.substring(0, end).toLowerCase(Locale.ROOT);
  }

  /** A rule of a KIngress, prepared. */
  record HostRoutes(Visibility visibility, List<String> hosts, List<Route> routes) {
    HostRoutes {
      hosts = List.copyOf(hosts);
      routes = List.copyOf(routes);
    }
  }
}
