package dev.bellows.dataplane.probe;

import dev.bellows.core.route.Address;
import java.util.List;
import java.util.Map;

/** One question to a program. Each is asked over a connection of its own. */
public sealed interface Probe {
  /** Whom to ask. */
  Address address();

  /** Whether it accepts a connection. */
  record TcpConnect(Address address) implements Probe {}

  /**
   * What it answers to a GET.
   *
   * @param address whom to ask
   * @param tls whether over TLS; certificates are not verified, as a kubelet does not
   * @param target path and query, with its leading slash
   * @param headers sent in this order; a Host and a User-Agent among them replace the usual ones
   */
  record HttpGet(
      Address address, boolean tls, String target, List<Map.Entry<String, String>> headers)
      implements Probe {
    public HttpGet {
      headers = List.copyOf(headers);
    }
  }

  /**
   * What it answers to a GET over HTTP/2 without TLS, with prior knowledge.
   *
   * @param address whom to ask
   * @param target path and query, with its leading slash
   * @param headers sent beside the usual ones
   */
  record Http2Get(Address address, String target, List<Map.Entry<String, String>> headers)
      implements Probe {
    public Http2Get {
      headers = List.copyOf(headers);
    }
  }

  /**
   * Whether it says SERVING to {@code grpc.health.v1.Health/Check}, without TLS.
   *
   * @param address whom to ask
   * @param service about which service; empty = the server as a whole
   */
  record GrpcHealth(Address address, String service) implements Probe {}
}
