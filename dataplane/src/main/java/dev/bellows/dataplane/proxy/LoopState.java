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
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What one event loop keeps for the engine. Used on that loop only. */
final class LoopState {
  private static final long EXPIRY_INTERVAL_SECONDS = 15;

  static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(Limits.WRITE_LOW_BYTES, Limits.WRITE_HIGH_BYTES);

  private final ProxyEngine engine;
  private final EventLoop loop;
  private final int index;
  private final LongSupplier nanoClock;
  private final Http1Pool http1 = new Http1Pool(this, null);
  private final Http2Pool http2 = new Http2Pool(this, null);

  /** Of those who are dialled by TLS; forgotten when they have been empty for a while. */
  private final Map<ClientTls, SecurePools> secure = new HashMap<>();

  private final Deadlines deadlines;
  private final RequestMemory memory =
      new RequestMemory(Limits.HEADS_PER_LOOP_BYTES, Limits.HELD_BODIES_PER_LOOP_BYTES);
  private final UnreadAnswers unread;
  private final Future<?> expiry;

  LoopState(
      ProxyEngine engine, EventLoop loop, int index, UnreadAnswers unread, LongSupplier nanoClock) {
    this.engine = engine;
    this.unread = unread;
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
    secure.values().removeIf(pools -> pools.expire(now));
  }

  /** The connections to targets that speak a protocol, plainly or within TLS. */
  UpstreamPool pool(Protocol protocol, @Nullable ClientTls tls) {
    if (tls != null) {
      return secure.computeIfAbsent(tls, this::securePools).pool(protocol);
    }
    return switch (protocol) {
      case HTTP1 -> http1;
      case H2C -> http2;
    };
  }

  /** Closes the idle connections to a target that is no more. */
  void forget(Address target) {
    http1.forget(target);
    http2.forget(target);
    secure.values().forEach(pools -> pools.forget(target));
  }

  private SecurePools securePools(ClientTls tls) {
    return new SecurePools(new Http1Pool(this, tls), new Http2Pool(this, tls));
  }

  /** The connections that are made by one {@link ClientTls}. */
  private record SecurePools(Http1Pool http1, Http2Pool http2) {
    UpstreamPool pool(Protocol protocol) {
      return switch (protocol) {
        case HTTP1 -> http1;
        case H2C -> http2;
      };
    }

    /** Whether nothing is left. */
    boolean expire(long nowNanos) {
      http1.expire(nowNanos);
      http2.expire(nowNanos);
      return http1.isEmpty() && http2.isEmpty();
    }

    void forget(Address target) {
      http1.forget(target);
      http2.forget(target);
    }

    void close() {
      http1.close();
      http2.close();
    }
  }

  Deadlines deadlines() {
    return deadlines;
  }

  RequestMemory memory() {
    return memory;
  }

  UnreadAnswers unread() {
    return unread;
  }

  long nowNanos() {
    return nanoClock.getAsLong();
  }

  /**
   * Hands an exchange to the listener of this JVM that is at its target.
   *
   * @return false if there is none: the target is to be connected to
   */
  boolean handOver(Address target, Protocol protocol, Exchange exchange) {
    Listener inside = engine.listener(target);
    if (inside == null) {
      return false;
    }
    Handover.begin(inside, this, protocol, exchange);
    return true;
  }

  /**
   * Connects to a target.
   *
   * @param tls how TLS is spoken there, or null if it is not
   * @param handlers adds those of the protocol
   * @return done when requests can be sent, TLS having been agreed on
   */
  Future<Channel> connect(
      Address target, int timeoutMillis, @Nullable ClientTls tls, Consumer<Channel> handlers) {
    Promise<Channel> connected = loop.newPromise();
    dial(target, timeoutMillis, tls, handlers)
        .addListener((ChannelFuture dialled) -> {
          if (!dialled.isSuccess()) {
            connected.setFailure(dialled.cause());
          } else if (tls == null) {
            connected.setSuccess(dialled.channel());
          } else {
            awaitTls(dialled.channel(), connected);
          }
        });
    return connected;
  }

  private static void awaitTls(Channel channel, Promise<Channel> connected) {
    channel
        .pipeline()
        .get(SslHandler.class)
        .handshakeFuture()
        .addListener((Future<Channel> agreed) -> {
          if (agreed.isSuccess()) {
            connected.setSuccess(channel);
          } else {
            connected.setFailure(agreed.cause());
            channel.close();
          }
        });
  }

  private ChannelFuture dial(
      Address target, int timeoutMillis, @Nullable ClientTls tls, Consumer<Channel> handlers) {
    Sockets sockets = engine.sockets(target.ip());
    // Who has a network of its own may listen on no more than its loopback.
    String ip = sockets.equals(Sockets.HERE) ? target.ip() : ProxyEngine.LOOPBACK;
    return new Bootstrap()
        .group(loop)
        .channelFactory(EventLoops.clients(sockets))
        .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
        .option(ChannelOption.TCP_NODELAY, true)
        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, timeoutMillis)
        .handler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel channel) {
                if (tls != null) {
                  SslHandler agreement = tls.handler(channel.alloc());
                  agreement.setHandshakeTimeout(
                      Limits.TLS_HANDSHAKE.toMillis(), TimeUnit.MILLISECONDS);
                  channel.pipeline().addLast(agreement);
                }
                handlers.accept(channel);
              }
            })
        .connect(new InetSocketAddress(ip, target.port()));
  }

  void close() {
    expiry.cancel(false);
    http1.close();
    http2.close();
    secure.values().forEach(SecurePools::close);
  }
}
