package dev.bellows.core.route;

import dev.bellows.core.revision.Protocol;

/**
 * One port of a Service.
 *
 * @param protocol what is spoken there, as the port's name says
 * @param endpoints the addresses behind it
 * @param asleep whether no pod is there to serve: who is sent to these addresses waits for one
 */
public record ServicePort(Protocol protocol, Endpoints endpoints, boolean asleep) {
  /** A port of a Service that is awake, as all are that know no zero. */
  public ServicePort(Protocol protocol, Endpoints endpoints) {
    this(protocol, endpoints, false);
  }
}
