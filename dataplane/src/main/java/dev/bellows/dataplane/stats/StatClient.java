package dev.bellows.dataplane.stats;

import dev.bellows.core.stat.StatMessage;
import dev.bellows.core.stat.StatWire;
import dev.bellows.dataplane.proxy.EventLoops;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolHandler;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolHandler.ClientHandshakeStateEvent;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketVersion;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends statistics to one autoscaler over a WebSocket that it keeps open (data-plane spec §5.3).
 *
 * <p>States, all on one event loop: <em>connecting</em> (at most 3 s from dialling to the end of
 * the handshake), <em>connected</em> (pinging; a loss leads straight to connecting) and <em>backing
 * off</em>. Statistics given to it while not connected, or while the peer reads more slowly than
 * they come, are counted and dropped: a late statistic is worth nothing, and the next one is due in
 * a second.
 */
public final class StatClient implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StatClient.class);

  private static final Duration HANDSHAKE_LIMIT = Duration.ofSeconds(3);

  /** Bytes of statistics that may wait for a slow autoscaler; more are dropped. */
  private static final WriteBufferWaterMark UNSENT_BYTES_LIMIT =
      new WriteBufferWaterMark(1 << 20, 2 << 20);

  private static final int HANDSHAKE_ANSWER_BYTES_LIMIT = 8 << 10;
  private static final int INCOMING_FRAME_BYTES_LIMIT = 64 << 10;

  private final Supplier<Optional<URI>> autoscaler;
  private final EventLoop loop;
  private final Backoff backoff;
  private final LongAdder errors = new LongAdder();

  private volatile @Nullable Channel connection;
  private volatile boolean closed;

  /** Whether the last attempt failed; confined to the loop, so that an outage is told once. */
  private boolean failing;

  private StatClient(EventLoop loop, Supplier<Optional<URI>> autoscaler, RandomGenerator random) {
    this.loop = loop;
    this.autoscaler = autoscaler;
    this.backoff = new Backoff(random);
  }

  /**
   * Starts to connect, and goes on until closed.
   *
   * @param loops made by {@link EventLoops#create}; one of them carries the connection
   * @param autoscaler where it is now: {@code ws://host:port}, without TLS, or empty if that is not
   *     known; asked before each attempt, on the event loop: it must not block
   * @param random for the jitter between attempts; used on one thread
   */
  public static StatClient connect(
      EventLoopGroup loops, Supplier<Optional<URI>> autoscaler, RandomGenerator random) {
    EventLoop loop = loops.next();
    StatClient client = new StatClient(loop, autoscaler, random);
    loop.execute(client::dial);
    return client;
  }

  /** As {@link #connect(EventLoopGroup, Supplier, RandomGenerator)}, always to the same one. */
  public static StatClient connect(EventLoopGroup loops, URI autoscaler, RandomGenerator random) {
    return connect(loops, () -> Optional.of(autoscaler), random);
  }

  /**
   * Sends one batch, if it can be sent now.
   *
   * @return whether it is on its way; if not, it is dropped
   */
  public boolean send(List<StatMessage> messages) {
    Channel seen = connection;
    if (seen == null || !seen.isWritable()) {
      errors.increment();
      return false;
    }
    seen.writeAndFlush(new BinaryWebSocketFrame(Unpooled.wrappedBuffer(StatWire.encode(messages))))
        .addListener(sent -> {
          if (!sent.isSuccess()) {
            errors.increment();
          }
        });
    return true;
  }

  /** Whether a connection is open; metric {@code kn.activator.stats.conn.reachable}. */
  public boolean reachable() {
    return connection != null;
  }

  /** Batches that were not sent; metric {@code kn.activator.stats.conn.errors}. */
  public long errors() {
    return errors.sum();
  }

  /** Says good-bye and stops connecting; returns without waiting. */
  @Override
  public void close() {
    closed = true;
    Channel seen = connection;
    if (seen != null) {
      seen.writeAndFlush(new CloseWebSocketFrame(WebSocketCloseStatus.NORMAL_CLOSURE))
          .addListener(_ -> seen.close());
    }
  }

  private void dial() {
    if (closed) {
      return;
    }
    Optional<URI> found = autoscaler.get();
    if (found.isEmpty()) {
      retry("an autoscaler", new UnknownHostException("nobody is known to be one"));
      return;
    }
    URI uri = found.get();
    resolve(uri, address -> dial(uri, address));
  }

  private void dial(URI uri, SocketAddress address) {
    ChannelFuture dialled =
        new Bootstrap()
            .group(loop)
            .channel(EventLoops.clientChannel())
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) HANDSHAKE_LIMIT.toMillis())
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, UNSENT_BYTES_LIMIT)
            .handler(new Pipeline(uri))
            .connect(address);
    dialled.addListener(done -> {
      if (!done.isSuccess()) {
        retry(uri, done.cause());
      }
    });
  }

  /** A name is looked up on a thread of its own: the JDK's look-up would block the event loop. */
  private void resolve(URI uri, Consumer<SocketAddress> then) {
    String host = uri.getHost();
    int port = uri.getPort() < 0 ? 80 : uri.getPort();
    Thread.ofVirtual()
        .name("resolve-" + host)
        .start(() -> {
          InetSocketAddress address = new InetSocketAddress(host, port);
          if (loop.isShuttingDown()) {
            return;
          }
          loop.execute(() -> {
            if (address.isUnresolved()) {
              retry(uri, new UnknownHostException(host));
            } else {
              then.accept(address);
            }
          });
        });
  }

  private void retry(Object whom, Throwable cause) {
    if (closed || loop.isShuttingDown()) {
      return;
    }
    if (!failing) {
      LOG.warn("cannot send statistics to {}, trying on: {}", whom, cause.toString());
      failing = true;
    }
    loop.schedule((Runnable) this::dial, backoff.next().toNanos(), TimeUnit.NANOSECONDS);
  }

  private void connected(URI uri, Channel channel) {
    LOG.info("sending statistics to {}", uri);
    failing = false;
    backoff.reset();
    connection = channel;
    if (closed) {
      channel.close();
    }
  }

  private final class Pipeline extends ChannelInitializer<Channel> {
    private final URI uri;

    Pipeline(URI uri) {
      this.uri = uri;
    }

    @Override
    protected void initChannel(Channel channel) {
      WebSocketClientProtocolConfig config =
          WebSocketClientProtocolConfig.newBuilder()
              .webSocketUri(uri)
              .version(WebSocketVersion.V13)
              .allowExtensions(false)
              .generateOriginHeader(false) // the original answers 403 to one that is not its Host
              .performMasking(true)
              .dropPongFrames(false) // they are the sign of life
              .handshakeTimeoutMillis(HANDSHAKE_LIMIT.toMillis())
              .maxFramePayloadLength(INCOMING_FRAME_BYTES_LIMIT)
              .build();
      channel
          .pipeline()
          .addLast(new HttpClientCodec())
          .addLast(new HttpObjectAggregator(HANDSHAKE_ANSWER_BYTES_LIMIT))
          .addLast(new WebSocketClientProtocolHandler(config))
          .addLast(new Session(uri));
    }
  }

  /** One connection, from its dialling to its end. */
  private final class Session extends SimpleChannelInboundHandler<WebSocketFrame> {
    private final URI uri;
    private boolean established;
    private @Nullable Throwable failure;

    Session(URI uri) {
      this.uri = uri;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event == ClientHandshakeStateEvent.HANDSHAKE_COMPLETE) {
        established = true;
        ctx.pipeline().addBefore(ctx.name(), "heartbeat", new Heartbeat());
        connected(uri, ctx.channel());
      } else if (event == ClientHandshakeStateEvent.HANDSHAKE_TIMEOUT) {
        ctx.close();
      }
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, WebSocketFrame frame) {
      // The autoscaler has nothing to say; pings and close frames were handled before.
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      if (established) {
        connection = null;
        if (!closed) {
          LOG.info("lost the connection to {}", uri);
        }
        dial();
      } else {
        retry(uri, failure == null ? new IOException("no WebSocket there") : failure);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      failure = cause;
      ctx.close();
    }
  }
}
