package dev.bellows.dataplane.gateway;

import dev.bellows.dataplane.proxy.Exchange;
import dev.bellows.dataplane.proxy.HeaderNames;
import dev.bellows.dataplane.proxy.InternalTls;
import dev.bellows.dataplane.proxy.Stage;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Sends the request to the Service whose turn it is, with the headers that its route asks for. */
final class BackendForward implements Stage {
  static final String ORIGINAL_HOST = "K-Original-Host";

  private final InternalTls tls;
  private final LongSupplier nanoTime;
  private final @Nullable WaitPage waitPage;
  private final Gateway.Tally tally;

  BackendForward(
      InternalTls tls, LongSupplier nanoTime, Optional<WaitPage> waitPage, Gateway.Tally tally) {
    this.tls = tls;
    this.nanoTime = nanoTime;
    this.waitPage = waitPage.orElse(null);
    this.tally = tally;
  }

  @Override
  public void handle(Exchange exchange) {
    Route route = Objects.requireNonNull(exchange.get(RouteLookup.ROUTE));
    Route.Target target = route.next();
    if (waitPage != null) {
      waitPage.offer(exchange, target);
    }
    HttpHeaders headers = exchange.headers();
    if (!route.rewriteHost().isEmpty()) {
      // The program still sees the host that its client asked for: the queue-proxy puts it back.
      headers.set(ORIGINAL_HOST, RoutingTable.hostOf(exchange.host()));
      headers.set(HeaderNames.HOST, route.rewriteHost());
    }
    List<Map.Entry<String, String>> appended = target.headers();
    for (int i = 0; i < appended.size(); i++) {
      headers.set(appended.get(i).getKey(), appended.get(i).getValue());
    }
    new Delivery(exchange, target, tls, nanoTime, tally).start();
  }

  @Override
  public String toString() {
    return "backend forward";
  }
}
