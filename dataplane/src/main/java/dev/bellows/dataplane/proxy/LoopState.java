package dev.bellows.dataplane.proxy;

import dev.bellows.core.revision.Protocol;
import dev.bellows.core.route.Address;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.local.LocalChannel;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** What one event loop keeps for the engine. Used on that loop only. */
final class LoopState {
  private static final long EXPIRY_INTERVAL_SECONDS = 15;

  static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(Limits.WRITE_LOW_BYTES, Limits.WRITE_HIGH_BYTES);

  private final ProxyEngine engine;
  private final EventLoop loop;
  private final int index;
  private final LongSupplier nanoClock;
  private final Http1Pool http1 = new Http1Pool(this);
  private final Http2Pool http2 = new Http2Pool(this);
  private final Map<SocketAddress, LocalFlow> unpairedFlows = new HashMap<>();
  private final Deadlines deadlines;
  private final Future<?> expiry;

  LoopState(ProxyEngine engine, EventLoop loop, int index, LongSupplier nanoClock) {
    this.engine = engine;
    this.loop = loop;
    this.index = index;
    this.nanoClock = nanoClock;
    this.deadlines = new Deadlines(loop, nanoClock);
    this.expiry =
        loop.scheduleWithFixedDelay(
            this::expire, EXPIRY_INTERVAL_SECONDS, EXPIRY_INTERVAL_SECONDS, TimeUnit.SECONDS);
  }

  EventLoop loop() {
    return loop;
  }

  int index() {
    return index;
  }

  private void expire() {
    long now = nowNanos();
    http1.expire(now);
    http2.expire(now);
  }

  /** The connections to targets that speak a protocol. */
  UpstreamPool pool(Protocol protocol) {
    return switch (protocol) {
      case HTTP1 -> http1;
      case H2C -> http2;
    };
  }

  /** Closes the idle connections to a target that is no more. */
  void forget(Address target) {
    http1.forget(target);
    http2.forget(target);
  }

  Deadlines deadlines() {
    return deadlines;
  }

  long nowNanos() {
    return nanoClock.getAsLong();
  }

  LocalFlow localFlow(boolean client) {
    return new LocalFlow(unpairedFlows, client);
  }

  /**
   * Connects to a target: inside this JVM if one of its own listeners is there, on the same loop.
   *
   * @param handlers adds those of the protocol
   */
  ChannelFuture connect(Address target, int timeoutMillis, Consumer<Channel> handlers) {
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loop)
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    if (channel instanceof LocalChannel) {
                      channel.pipeline().addLast(localFlow(true));
                    }
                    handlers.accept(channel);
                  }
                });
    LocalAddress inside = engine.localAddress(target, this);
    if (inside != null) {
      return bootstrap.channel(LocalChannel.class).connect(inside);
    }
    Sockets sockets = engine.sockets(target.ip());
    // Who has a network of its own may listen on no more than its loopback.
    String ip = sockets.equals(Sockets.HERE) ? target.ip() : ProxyEngine.LOOPBACK;
    return bootstrap
        .channelFactory(EventLoops.clients(sockets))
        .option(ChannelOption.TCP_NODELAY, true)
        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, timeoutMillis)
        .connect(new InetSocketAddress(ip, target.port()));
  }

  void close() {
    expiry.cancel(false);
    http1.close();
    http2.close();
  }
}
