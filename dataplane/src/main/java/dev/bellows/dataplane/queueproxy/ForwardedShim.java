package dev.bellows.dataplane.queueproxy;

import dev.bellows.dataplane.proxy.Exchange;
import dev.bellows.dataplane.proxy.Stage;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;

/**
 * Gives the user container the standard {@code Forwarded} header (RFC 7239), which it is promised,
 * where the hops before have only written the older ones (data-plane spec §8.1).
 */
final class ForwardedShim implements Stage {
  @Override
  public void handle(Exchange exchange) {
    HttpHeaders headers = exchange.headers();
    String existing = headers.get("Forwarded");
    if (existing == null || existing.isEmpty()) {
      String forwarded =
          forwarded(
              headers.getAll("X-Forwarded-For"),
              value(headers, "X-Forwarded-Host"),
              value(headers, "X-Forwarded-Proto"));
      if (!forwarded.isEmpty()) {
        headers.set("Forwarded", forwarded);
      }
    }
    exchange.proceed();
  }

  private static String value(HttpHeaders headers, String name) {
    String value = headers.get(name);
    return value == null ? "" : value;
  }

  /** The first element says what the client asked, each further one a hop's address. */
  static String forwarded(List<String> forwardedFor, String host, String proto) {
    String[] hops = hops(String.join(",", forwardedFor));
    List<String> origin = new ArrayList<>(3);
    if (hops.length > 0) {
      origin.add("for=" + node(hops[0].trim()));
    }
    if (!host.isEmpty()) {
      origin.add("host=" + host);
    }
    if (!proto.isEmpty()) {
      origin.add("proto=" + proto);
    }
    StringBuilder elements = new StringBuilder(String.join(";", origin));
    for (int i = 1; i < hops.length; i++) {
      elements.append(", for=").append(node(hops[i].trim()));
    }
    return elements.toString();
  }

  // A comma ends a hop, as in the original: "a," is one hop and ",," are two.
  private static String[] hops(String list) {
    if (list.isEmpty()) {
      return new String[0];
    }
    return (list.endsWith(",") ? list.substring(0, list.length() - 1) : list).split(",", -1);
  }

  // RFC 7239 §6: an IPv6 address stands in brackets and quotes.
  private static String node(String address) {
    return address.indexOf(':') >= 0 ? "\"[" + address + "]\"" : address;
  }
}
