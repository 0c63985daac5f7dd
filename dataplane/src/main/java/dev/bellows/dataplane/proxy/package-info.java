/**
 * One proxy engine for three roles: gateway, activator and queue-proxy differ in their list of
 * {@link dev.bellows.dataplane.proxy.Stage stages} and in nothing else.
 *
 * <p>A connection, its exchanges and the upstream connections they use live on one event loop, so
 * nothing here takes a lock or waits for a thread. Bodies stream through; each side is read only
 * while the other takes what was read, so a slow reader or writer makes the proxy hold a bounded
 * number of bytes ({@link dev.bellows.dataplane.proxy.Limits}).
 *
 * <p>An exchange knows its two sides by {@code ClientSide} and {@code UpstreamSide} and neither's
 * version of HTTP: a connection of HTTP/1.1 is a side, and so is a stream of HTTP/2. What passes
 * between them has the form of HTTP/1.1 messages.
 *
 * <p>Two roles in one JVM are joined by a {@code Handover}: one more side, which passes the
 * messages themselves from the one's exchange to the other's.
 */
@NullMarked
package dev.bellows.dataplane.proxy;

import org.jspecify.annotations.NullMarked;
