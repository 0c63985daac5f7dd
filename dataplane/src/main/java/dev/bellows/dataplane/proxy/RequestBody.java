package dev.bellows.dataplane.proxy;

import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request between its two sides: held while there is no upstream, up to {@link
 * Limits#HELD_BODY_BYTES} and one read more, or less while the loop's {@link RequestMemory} has no
 * room for more, and passed on as it comes when there is one.
 */
final class RequestBody {
  /** What a piece costs besides its octets: those who send many small ones must not hold more. */
  private static final int PIECE_BYTES = 512;

  private final RequestMemory memory;
  private @Nullable ArrayDeque<HttpContent> held;
  private int heldBytes;
  private long bytes;
  private boolean complete;
  private boolean sent;

  RequestBody(RequestMemory memory) {
    this.memory = memory;
  }

  /** Takes over the next piece: writes it, or holds it while there is nowhere to write it to. */
  void take(HttpContent content, @Nullable UpstreamSide to) {
    bytes += content.content().readableBytes();
    if (content instanceof LastHttpContent) {
      complete = true;
    }
    if (to != null) {
      send(content, to);
      return;
    }
    ArrayDeque<HttpContent> waiting = held;
    if (waiting == null) {
      waiting = new ArrayDeque<>(2);
      held = waiting;
    }
    hold(content.content().readableBytes() + PIECE_BYTES);
    waiting.add(content);
  }

  /** Writes what was held. */
  void sendTo(UpstreamSide to) {
    ArrayDeque<HttpContent> waiting = held;
    held = null;
    hold(-heldBytes);
    if (waiting != null) {
      waiting.forEach(content -> send(content, to));
    } else if (complete) {
      to.write(LastHttpContent.EMPTY_LAST_CONTENT); // its end went with the first attempt
    }
  }

  private void hold(int octets) {
    heldBytes += octets;
    memory.hold(octets);
  }

  private void send(HttpContent content, UpstreamSide to) {
    sent |= content.content().isReadable();
    to.write(content);
  }

  /** Octets of it that have come so far. */
  long bytes() {
    return bytes;
  }

  /** Whether all of it has come. */
  boolean complete() {
    return complete;
  }

  /** Whether any octet of it has been written to an upstream, and so cannot be sent again. */
  boolean sent() {
    return sent;
  }

  /** Whether more of it may be held. */
  boolean hasRoom() {
    return complete || (heldBytes < Limits.HELD_BODY_BYTES && memory.hasRoom());
  }

  /** Gives back what is held. */
  void release() {
    ArrayDeque<HttpContent> waiting = held;
    held = null;
    hold(-heldBytes);
    if (waiting != null) {
      waiting.forEach(ReferenceCountUtil::release);
    }
  }
}
