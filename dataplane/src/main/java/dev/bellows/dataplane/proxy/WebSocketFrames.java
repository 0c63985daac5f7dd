package dev.bellows.dataplane.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * Follows the frames of a WebSocket (RFC 6455 §5.2) as they pass towards the client, to know when a
 * frame may be put between them: that the other end is going away. Looks at octets and holds none.
 */
final class WebSocketFrames {
  private static final int CLOSE = 8;
  private static final int OPCODE = 0x0f;
  private static final int MASKED = 0x80;
  private static final int LENGTH = 0x7f;
  private static final int LENGTH_IN_TWO = 126;
  private static final int MASK_OCTETS = 4;

  private int headOctets;
  private int headLength;
  private int opcode;
  private boolean masked;
  private long payload;
  private boolean closed;

  /** Octets that pass; none is consumed. */
  void pass(ByteBuf octets) {
    int at = octets.readerIndex();
    int end = octets.writerIndex();
    while (at < end) {
      if (headOctets == 0 && payload > 0) {
        int skipped = (int) Math.min(payload, end - at);
        payload -= skipped;
        at += skipped;
      } else {
        head(octets.getUnsignedByte(at++));
      }
    }
  }

  private void head(int octet) {
    headOctets++;
    if (headOctets == 1) {
      opcode = octet & OPCODE;
      return;
    }
    if (headOctets == 2) {
      int length = octet & LENGTH;
      int further = length < LENGTH_IN_TWO ? 0 : length == LENGTH_IN_TWO ? 2 : Long.BYTES;
      headLength = 2 + further;
      payload = further == 0 ? length : 0;
      masked = (octet & MASKED) != 0;
    } else if (headOctets <= headLength) {
      payload = payload << Byte.SIZE | octet;
    }
    if (headOctets == headLength + (masked ? MASK_OCTETS : 0)) {
      headOctets = 0;
      closed |= opcode == CLOSE;
    }
  }

  /** Whether the last frame is whole and none of them closed the WebSocket. */
  boolean mayEnd() {
    return headOctets == 0 && payload == 0 && !closed;
  }

  /** A frame that closes with status 1001, going away (RFC 6455 §7.4.1). */
  static ByteBuf goingAway() {
    return Unpooled.wrappedBuffer(new byte[] {(byte) 0x88, 2, 0x03, (byte) 0xe9});
  }
}
