package dev.bellows.dataplane.gateway;

import dev.bellows.dataplane.proxy.Exchange;
import dev.bellows.dataplane.proxy.Stage;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.Objects;

/**
 * Says how the request came in, and takes off what only the system itself may say (ADR 0033): a
 * client from outside must not choose a Revision, hide its load from the autoscaler, pass for a
 * kubelet or name another host. Inside the cluster these headers are meant: a request may pass the
 * gateway a second time, through a host of another Service.
 */
final class EdgeHeaders implements Stage {
  private static final List<String> INTERNAL =
      List.of(
          "Knative-Serving-Revision",
          "Knative-Serving-Namespace",
          "K-Proxy-Request",
          "K-Kubelet-Probe",
          BackendForward.ORIGINAL_HOST);

  static final String FORWARDED_PROTO = "X-Forwarded-Proto";
  private static final String FORWARDED_HOST = "X-Forwarded-Host";

  private final String scheme;

  /**
   * What is said of the requests of one port.
   *
   * @param scheme of its URLs
   */
  EdgeHeaders(String scheme) {
    this.scheme = scheme;
  }

  @Override
  public void handle(Exchange exchange) {
    HttpHeaders headers = exchange.headers();
    if (Objects.requireNonNull(exchange.get(RouteLookup.ROUTE)).external()) {
      for (int i = 0; i < INTERNAL.size(); i++) {
        headers.remove(INTERNAL.get(i));
      }
    }
    // Kept where they are: a load balancer before this gateway knows better, it may have ended TLS.
    if (!headers.contains(FORWARDED_PROTO)) {
      headers.set(FORWARDED_PROTO, scheme);
    }
    if (!headers.contains(FORWARDED_HOST)) {
      headers.set(FORWARDED_HOST, exchange.host());
    }
    exchange.proceed();
  }

  @Override
  public String toString() {
    return "edge headers";
  }
}
