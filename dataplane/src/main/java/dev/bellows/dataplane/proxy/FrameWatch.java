package dev.bellows.dataplane.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Follows where the frames of a client's connection of HTTP/2 begin and end, before Netty's codec
 * reads them, which says nothing of what it is still waiting for: a frame that has not come whole,
 * and a head whose end is in a later frame. Both have a part in the {@link RequestMemory}, and a
 * head has the time of one of HTTP/1.1.
 */
final class FrameWatch extends ChannelInboundHandlerAdapter {
  private static final int PREFACE_BYTES = 24;
  private static final int FRAME_HEAD_BYTES = 9;
  private static final int TYPE_AT = 3;
  private static final int FLAGS_AT = 4;
  private static final int HEADERS = 1;
  private static final int CONTINUATION = 9;
  private static final int END_HEADERS = 4;
  private static final int OTHER = -1;

  private final RequestMemory memory;
  private RequestMemory.@Nullable Share share;
  private @Nullable Future<?> headTimeout;

  /** Of the head of a frame, how many octets have come. */
  private int frameHead = FRAME_HEAD_BYTES;

  private int length = PREFACE_BYTES;
  private int type = OTHER;
  private int flags;

  /** Of what the frame carries, how many octets have not come. */
  private int left = PREFACE_BYTES;

  /** What earlier frames had of a head that has not ended. */
  private int headBytes;

  private boolean inHead;

  FrameWatch(RequestMemory memory) {
    this.memory = memory;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) {
    if (msg instanceof ByteBuf octets) {
      follow(octets);
      settle(ctx, octets.capacity());
    }
    ctx.fireChannelRead(msg);
  }

  private void follow(ByteBuf octets) {
    int end = octets.writerIndex();
    for (int at = octets.readerIndex(); at < end; ) {
      if (frameHead < FRAME_HEAD_BYTES) {
        onFrameHead(octets.getUnsignedByte(at++));
      } else {
        int some = Math.min(left, end - at);
        left -= some;
        at += some;
      }
      if (frameHead == FRAME_HEAD_BYTES && left == 0) {
        onFrameEnd();
      }
    }
  }

  private void onFrameHead(int octet) {
    if (frameHead < TYPE_AT) {
      length = length << 8 | octet;
    } else if (frameHead == TYPE_AT) {
      type = octet;
    } else if (frameHead == FLAGS_AT) {
      flags = octet;
    }
    frameHead++;
    left = length;
  }

  private void onFrameEnd() {
    if (type == HEADERS || type == CONTINUATION) {
      inHead = (flags & END_HEADERS) == 0;
      headBytes = inHead ? headBytes + length : 0;
    }
    frameHead = 0;
    length = 0;
    left = 0;
    type = OTHER;
  }

  /** What waits keeps the buffer that it came in, however little it is. */
  private void settle(ChannelHandlerContext ctx, int buffer) {
    int waiting = headBytes + frameHead + length - left;
    RequestMemory.Share mine = share;
    if (waiting == 0) {
      if (mine != null) {
        mine.giveBack();
      }
    } else {
      if (mine == null) {
        mine = memory.share(ctx.channel());
        share = mine;
      }
      mine.coming(Math.max(waiting, buffer));
    }
    boolean headComes = inHead || type == HEADERS;
    if (!headComes) {
      disarm();
    } else if (headTimeout == null) {
      headTimeout =
          ctx.executor()
              .schedule(() -> ctx.close(), Limits.HEAD_TIMEOUT.toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    disarm();
    RequestMemory.Share mine = share;
    if (mine != null) {
      mine.giveBack();
    }
    ctx.fireChannelInactive();
  }

  private void disarm() {
    Future<?> timeout = headTimeout;
    headTimeout = null;
    if (timeout != null) {
      timeout.cancel(false);
    }
  }
}
