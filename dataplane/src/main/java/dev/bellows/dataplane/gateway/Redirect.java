package dev.bellows.dataplane.gateway;

import dev.bellows.core.route.Ingress.HttpOption;
import dev.bellows.dataplane.proxy.Answer;
import dev.bellows.dataplane.proxy.Exchange;
import dev.bellows.dataplane.proxy.Stage;
import io.netty.handler.codec.http.HttpMethod;
import java.util.Objects;
import java.util.function.IntSupplier;

/**
 * Sends a client that came without TLS to the same URL with it, where the KIngress asks for that.
 * One whose TLS ended at a load balancer before this gateway has come by https already.
 */
final class Redirect implements Stage {
  private static final int HTTPS = 443;

  /**
   * Where an authority that issues certificates looks for proof, always by http (RFC 8555 §8.3).
   */
  private static final String CHALLENGES = "/.well-known/acme-challenge/";

  private final IntSupplier httpsPort;

  /**
   * A redirect to one port.
   *
   * @param httpsPort where clients find TLS; 0 while there is none, which redirects nobody
   */
  Redirect(IntSupplier httpsPort) {
    this.httpsPort = httpsPort;
  }

  @Override
  public void handle(Exchange exchange) {
    int port = httpsPort.getAsInt();
    if (port == 0
        || Objects.requireNonNull(exchange.get(RouteLookup.ROUTE)).httpOption()
            != HttpOption.REDIRECTED
        || "https".equalsIgnoreCase(exchange.headers().get(EdgeHeaders.FORWARDED_PROTO))
        || exchange.request().uri().startsWith(CHALLENGES)) {
      exchange.proceed();
      return;
    }
    String host = RoutingTable.hostOf(exchange.host());
    String uri = exchange.request().uri();
    String location =
        "https://"
            + host
            + (port == HTTPS ? "" : ":" + port)
            + (uri.equals("*") ? "" : uri); // OPTIONS asks so for no path at all
    // As other networking layers answer a page's request; what has a body keeps it and its method.
    HttpMethod method = exchange.request().method();
    boolean mayBecomeGet = HttpMethod.GET.equals(method) || HttpMethod.HEAD.equals(method);
    exchange.answer(Answer.empty(mayBecomeGet ? 301 : 308).with("Location", location));
  }

  @Override
  public String toString() {
    return "redirect";
  }
}
