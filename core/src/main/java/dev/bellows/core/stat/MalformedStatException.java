package dev.bellows.core.stat;

/** Bytes that are not the protobuf message they were taken for; the message says where and why. */
public final class MalformedStatException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  MalformedStatException(int offset, String reason) {
    super("malformed stat at byte " + offset + ": " + reason);
  }
}
