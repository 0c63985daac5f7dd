package dev.bellows.dataplane.gateway;

import dev.bellows.core.route.Ingress.Visibility;
import dev.bellows.dataplane.gateway.Missing.NoHost;
import dev.bellows.dataplane.gateway.Missing.NoPath;
import dev.bellows.dataplane.proxy.Answer;
import dev.bellows.dataplane.proxy.Exchange;
import dev.bellows.dataplane.proxy.Key;
import dev.bellows.dataplane.proxy.Stage;
import io.netty.handler.codec.http.HttpHeaderNames;
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
        tally.notRouted.increment();
        exchange.answer(answer(exchange, new NoHost(host)));
      }
      case Match.UnknownPath _ -> {
        tally.notRouted.increment();
        exchange.answer(answer(exchange, new NoPath(host, path)));
      }
    }
  }

  /** The answer that says what is missing, in the form that the client asks for. */
  static Answer answer(Exchange exchange, Missing missing) {
    Missing.Form form = Missing.Form.accepted(exchange.headers().get(HttpHeaderNames.ACCEPT, ""));
    return Answer.bytes(missing.status(), form.contentType(), form.body(missing))
        .with("X-Content-Type-Options", "nosniff");
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
