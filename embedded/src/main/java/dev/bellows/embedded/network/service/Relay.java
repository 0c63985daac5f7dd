package dev.bellows.embedded.network.service;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;

/**
 * One of two connections whose bytes go to the other, in both directions until both have said their
 * last; whoever reads slowly slows the other down. Both are on one event loop.
 */
final class Relay extends ChannelDuplexHandler {
  private final DuplexChannel other;

  private Relay(DuplexChannel other) {
    this.other = other;
  }

  /** Joins two connections that nobody has read from, and begins to read. */
  static void join(DuplexChannel one, DuplexChannel two) {
    one.pipeline().addLast(new Relay(two));
    two.pipeline().addLast(new Relay(one));
    one.config().setAutoRead(true);
    two.config().setAutoRead(true);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object bytes) {
    other.write(bytes);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    other.flush();
    if (!other.isWritable()) {
      context.channel().config().setAutoRead(false);
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (context.channel().isWritable()) {
      other.config().setAutoRead(true);
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      if (other.isInputShutdown()) {
        other.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
      } else {
        other.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(done -> other.shutdownOutput());
      }
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    other.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    context.close(); // reset by its peer, most likely; the other one follows
  }
}
