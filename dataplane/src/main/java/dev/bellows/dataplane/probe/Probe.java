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
}
