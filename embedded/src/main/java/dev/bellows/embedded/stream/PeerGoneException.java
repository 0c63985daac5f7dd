package dev.bellows.embedded.stream;

import java.io.IOException;

/** There is nobody at the other end any more, or nobody who takes anything. */
public final class PeerGoneException extends IOException {
  private static final long serialVersionUID = 1L;

  PeerGoneException(String message) {
    super(message);
  }
}
