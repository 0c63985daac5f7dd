package dev.bellows.core.route;

import dev.bellows.core.revision.Protocol;

/**
 * One port of a Service.
 *
 * @param protocol what is spoken there, as the port's name says
 * @param endpoints the addresses behind it
 * @param wrapping whether it is spoken within the system's own TLS
 * @param asleep whether no pod is there to serve: who is sent to these addresses waits for one
 */
public record ServicePort(
    Protocol protocol, Endpoints endpoints, Wrapping wrapping, boolean asleep) {
  /** What a protocol is spoken within. */
  public enum Wrapping {
    NONE,
    /** TLS with the certificates of the system's own hops ({@code system-internal-tls}). */
    INTERNAL_TLS
  }

  /** A port of a Service that is awake, as all are that know no zero. */
  public ServicePort(Protocol protocol, Endpoints endpoints) {
    this(protocol, endpoints, Wrapping.NONE, false);
  }
}
