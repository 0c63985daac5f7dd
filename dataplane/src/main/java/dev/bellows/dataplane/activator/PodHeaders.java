package dev.bellows.dataplane.activator;

import dev.bellows.dataplane.proxy.Exchange;
import dev.bellows.dataplane.proxy.Stage;
import io.netty.handler.codec.http.HttpHeaders;

/**
 * Rewrites the headers for a queue-proxy (data-plane spec §2). The Host of each pod is set when the
 * pod is known; until then the client's is kept where the queue-proxy looks for it.
 */
final class PodHeaders implements Stage {
  private static final String ORIGINAL_HOST = "K-Original-Host";
  private static final String PROXIED_BY = "K-Proxy-Request";

  @Override
  public void handle(Exchange exchange) {
    HttpHeaders headers = exchange.headers();
    headers.remove(RevisionLookup.REVISION_HEADER);
    headers.remove(RevisionLookup.NAMESPACE_HEADER);
    if (headers.get(ORIGINAL_HOST, "").isEmpty()) {
      headers.set(ORIGINAL_HOST, exchange.host());
    }
    headers.set(PROXIED_BY, "activator");
    exchange.proceed();
  }

  @Override
  public String toString() {
    return "headers for the queue-proxy";
  }
}
