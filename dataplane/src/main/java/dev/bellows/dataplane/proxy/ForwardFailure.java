package dev.bellows.dataplane.proxy;

import dev.bellows.core.route.Address;

/**
 * Why a request got no response from where it was forwarded to.
 *
 * @param target where it was to go
 * @param reason what kind of failure
 * @param message what happened, in the original's words where it has some
 */
public record ForwardFailure(Address target, Reason reason, String message) {
  /** What kind of failure. */
  public enum Reason {
    /** No connection: nothing was sent, so another target may be tried. */
    NOT_CONNECTED,
    /** The target has said that it did not look at the request (RFC 9113 §8.7). */
    REFUSED,
    /** The connection was lost before a response came; the request may have been acted on. */
    LOST,
    /** What came was no HTTP response that may be passed on. */
    MALFORMED
  }

  /** Whether the request may be forwarded elsewhere, because nothing of it has been sent. */
  public boolean unsent() {
    return reason == Reason.NOT_CONNECTED;
  }
}
