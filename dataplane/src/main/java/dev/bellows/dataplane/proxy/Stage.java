package dev.bellows.dataplane.proxy;

/**
 * One step of a role's chain. A chain is a plain list, written in the order in which a request
 * travels.
 *
 * <p>A stage does exactly one of these for each exchange it is handed, at once or later, and always
 * on the exchange's {@link Exchange#loop() event loop}: {@link Exchange#proceed() hand it on},
 * {@link Exchange#forward forward} it, {@link Exchange#answer answer} it, or {@link
 * Exchange#abort() cut} it. One that waits just returns; no thread waits with it, and of the
 * request's body only {@link Limits#HELD_BODY_BYTES} are read meanwhile.
 *
 * <p>What a stage took (a permit, a count) it gives back in an {@link EndListener}, which it
 * registers before it hands the exchange on: those run exactly once, last registered first, and
 * also when the client leaves while the exchange waits.
 *
 * <p>A stage belongs to all exchanges of a listener on all event loops; what it keeps between
 * exchanges must be safe for that.
 */
@FunctionalInterface
public interface Stage {
  /** Takes the exchange one step further. What this throws becomes a 500 and a line in the log. */
  void handle(Exchange exchange);
}
