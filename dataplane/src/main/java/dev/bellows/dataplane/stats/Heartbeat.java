package dev.bellows.dataplane.stats;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pings the other side and closes the connection once it has not answered for long. Only pongs
 * count as life (data-plane spec §5.3): a peer whose kernel still takes our bytes may be gone.
 *
 * <p>Added to a pipeline whose handshake is done; the first ping leaves one interval later.
 */
final class Heartbeat extends ChannelInboundHandlerAdapter {
  static final long PING_EVERY_NANOS = TimeUnit.SECONDS.toNanos(10) / 3;
  static final long DEAD_AFTER_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final Logger LOG = LoggerFactory.getLogger(Heartbeat.class);

  private @Nullable Future<?> pings;
  private @Nullable Future<?> deadline;

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    pings =
        ctx.executor()
            .scheduleAtFixedRate(
                () -> ping(ctx), PING_EVERY_NANOS, PING_EVERY_NANOS, TimeUnit.NANOSECONDS);
    extendDeadline(ctx);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof PongWebSocketFrame pong) {
      pong.release();
      extendDeadline(ctx);
    } else {
      ctx.fireChannelRead(message);
    }
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    cancel(pings);
    cancel(deadline);
  }

  private void extendDeadline(ChannelHandlerContext ctx) {
    cancel(deadline);
    deadline = ctx.executor().schedule(() -> giveUp(ctx), DEAD_AFTER_NANOS, TimeUnit.NANOSECONDS);
  }

  private static void ping(ChannelHandlerContext ctx) {
    ctx.writeAndFlush(new PingWebSocketFrame(Unpooled.EMPTY_BUFFER));
  }

  private static void giveUp(ChannelHandlerContext ctx) {
    LOG.warn(
        "no pong from {} for {} s, giving the connection up",
        ctx.channel().remoteAddress(),
        TimeUnit.NANOSECONDS.toSeconds(DEAD_AFTER_NANOS));
    ctx.close();
  }

  private static void cancel(@Nullable Future<?> future) {
    if (future != null) {
      future.cancel(false);
    }
  }
}
