package dev.bellows.core.route;

import java.util.List;

/**
 * A Route or DomainMapping that exists and is not ready: what a gateway can tell somebody who asks
 * for a host of it that no KIngress names (yet).
 *
 * @param kind its kind, such as {@code Route}
 * @param namespace of the object
 * @param name of the object
 * @param hosts under which it will be found, lower case, without port
 * @param failed whether it has been given up on, as far as is known; else it is still on its way
 * @param why its condition's reason and message, empty if it has none yet
 */
public record Unready(
    String kind, String namespace, String name, List<String> hosts, boolean failed, String why) {
  public Unready {
    hosts = List.copyOf(hosts);
  }

  /** {@code Route default/hello}. */
  public String subject() {
    return kind + " " + namespace + "/" + name;
  }
}
