package dev.bellows.core.route;

import dev.bellows.core.revision.Protocol;

/**
 * One port of a Service.
 *
 * @param protocol what is spoken there, as the port's name says
 * @param endpoints the addresses behind it
 */
public record ServicePort(Protocol protocol, Endpoints endpoints) {}
