/** Where requests may go: addresses, endpoints, and the routing table that an Ingress asks for. */
@NullMarked
package dev.bellows.core.route;

import org.jspecify.annotations.NullMarked;
