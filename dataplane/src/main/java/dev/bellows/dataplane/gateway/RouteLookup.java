package dev.bellows.dataplane.gateway;

import dev.bellows.core.route.Ingress.Visibility;
import dev.bellows.core.route.Unready;
import dev.bellows.dataplane.gateway.Missing.NoHost;
import dev.bellows.dataplane.gateway.Missing.NoPath;
import dev.bellows.dataplane.gateway.Missing.NotReady;
import dev.bellows.dataplane.proxy.Exchange;
import dev.bellows.dataplane.proxy.Key;
import dev.bellows.dataplane.proxy.Stage;
import java.util.Set;

/** Finds the route of a request by its host, path and headers. */
final class RouteLookup implements Stage {
  static final Key<Route> ROUTE = Key.of("route");

  private final Routes routes;
  private final Set<Visibility> served;
  private final Gateway.Tally tally;

  RouteLookup(Routes routes, Set<Visibility> served, Gateway.Tally tally) {
    this.routes = routes;
    this.served = served;
    this.tally = tally;
  }

  @Override
  public void handle(Exchange exchange) {
    String host = RoutingTable.hostOf(exchange.host());
    String path = path(exchange.request().uri());
    switch (routes.table().match(served, host, path, exchange.headers()::get)) {
      case Route route -> {
        exchange.put(ROUTE, route);
        exchange.proceed();
      }
      case Match.UnknownHost _ -> {
        Unready unready = routes.unready(host);
        if (unready == null) {
          tally.notRouted.increment();
          exchange.answer(new NoHost(host).answer(exchange.headers()));
        } else {
          tally.unavailable.increment();
          exchange.answer(new NotReady(host, unready).answer(exchange.headers()));
        }
      }
      case Match.UnknownPath _ -> {
        tally.notRouted.increment();
        exchange.answer(new NoPath(host, path).answer(exchange.headers()));
      }
    }
  }

  private static String path(String uri) {
    int query = uri.indexOf('?');
    return query < 0 ? uri : uri.substring(0, query);
  }

  @Override
  public String toString() {
    return "route look-up";
  }
}
