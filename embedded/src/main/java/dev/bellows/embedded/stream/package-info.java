/**
 * Several streams of bytes on one connection that began as HTTP: what {@code kubectl exec}, {@code
 * attach} and {@code port-forward} speak, as channels of a WebSocket or as SPDY/3.1.
 */
@NullMarked
package dev.bellows.embedded.stream;

import org.jspecify.annotations.NullMarked;
