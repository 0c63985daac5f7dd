package dev.bellows.dataplane.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.local.LocalChannel;
import java.net.SocketAddress;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Back-pressure between the two ends of an in-JVM connection. A {@link LocalChannel} moves whatever
 * is written straight into its peer's unbounded queue and calls itself writable for ever; here each
 * end counts what the other has not read yet, and stops being writable at {@link
 * Limits#WRITE_HIGH_BYTES}, as a socket's send buffer would make it.
 *
 * <p>Both ends live on one event loop; they find each other by the client end's address.
 */
final class LocalFlow extends ChannelDuplexHandler {
  private static final int WRITABILITY_BIT = 1;

  private final Map<SocketAddress, LocalFlow> unpaired;
  private final boolean client;
  private @Nullable ChannelHandlerContext context;
  private @Nullable LocalFlow peer;
  private long unreadByPeer;
  private boolean full;

  LocalFlow(Map<SocketAddress, LocalFlow> unpaired, boolean client) {
    this.unpaired = unpaired;
    this.client = client;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    pair(ctx);
    ctx.fireChannelActive();
  }

  // Also before the first write: a client is told that it is connected before it becomes active.
  private void pair(ChannelHandlerContext ctx) {
    if (context != null) {
      return;
    }
    context = ctx;
    SocketAddress key = client ? ctx.channel().localAddress() : ctx.channel().remoteAddress();
    LocalFlow other = unpaired.remove(key);
    if (other == null) {
      unpaired.put(key, this);
    } else {
      peer = other;
      other.peer = this;
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    unpaired.values().remove(this);
    ctx.fireChannelInactive();
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object msg, ChannelPromise promise) {
    if (msg instanceof ByteBuf bytes) {
      pair(ctx);
      unreadByPeer += bytes.readableBytes();
      if (!full && unreadByPeer > Limits.WRITE_HIGH_BYTES) {
        setFull(ctx, true);
      }
    }
    ctx.write(msg, promise);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) {
    LocalFlow writer = peer;
    if (writer != null && msg instanceof ByteBuf bytes) {
      writer.readByPeer(bytes.readableBytes());
    }
    ctx.fireChannelRead(msg);
  }

  private void readByPeer(int bytes) {
    unreadByPeer -= bytes;
    ChannelHandlerContext ctx = context;
    if (full && unreadByPeer <= Limits.WRITE_LOW_BYTES && ctx != null) {
      setFull(ctx, false);
    }
  }

  private void setFull(ChannelHandlerContext ctx, boolean nowFull) {
    full = nowFull;
    ChannelOutboundBuffer buffer = ctx.channel().unsafe().outboundBuffer();
    if (buffer != null) {
      buffer.setUserDefinedWritability(WRITABILITY_BIT, !nowFull);
    }
  }
}
