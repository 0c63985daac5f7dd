/**
 * How statistics travel from activators to autoscalers: one WebSocket each, kept alive by pings,
 * carrying {@code metrics.WireStatMessages} (data-plane spec §5.2 to §5.4).
 */
@NullMarked
package dev.bellows.dataplane.stats;

import org.jspecify.annotations.NullMarked;
