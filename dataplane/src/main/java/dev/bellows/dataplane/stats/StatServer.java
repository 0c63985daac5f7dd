package dev.bellows.dataplane.stats;

import dev.bellows.core.route.Address;
import dev.bellows.core.stat.MalformedStatException;
import dev.bellows.core.stat.StatMessage;
import dev.bellows.core.stat.StatWire;
import dev.bellows.dataplane.proxy.EventLoops;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerAdapter;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshaker;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshakerFactory;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where an autoscaler receives statistics (data-plane spec §5.4): a WebSocket server that answers
 * kubelet probes beside. A message that cannot be read costs its sender a log line, not the
 * connection.
 */
public final class StatServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StatServer.class);

  /** Names of autoscaler buckets, and so the hosts that their Services are dialled by. */
  private static final String BUCKET_PREFIX = "autoscaler-bucket";

  private static final WebSocketCloseStatus RESTARTING =
      new WebSocketCloseStatus(WebSocketCloseStatus.SERVICE_RESTART.code(), "Restarting");

  private static final Duration HANDSHAKE_LIMIT = Duration.ofSeconds(60);
  private static final Duration GOODBYE_LIMIT = Duration.ofSeconds(5);
  private static final int KEEP_ALIVE_SECONDS = 180;
  private static final int HANDSHAKE_BYTES_LIMIT = 64 << 10;

  /** One batch; an activator with 100,000 busy Revisions sends about 8 MiB. */
  private static final int BATCH_BYTES_LIMIT = 16 << 20;

  private final Predicate<String> ownsBucket;
  private final InstantSource clock;
  private final Consumer<List<StatMessage>> sink;
  private final ChannelGroup sessions = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
  private @Nullable Channel listener;
  private volatile boolean closing;

  private StatServer(
      Predicate<String> ownsBucket, InstantSource clock, Consumer<List<StatMessage>> sink) {
    this.ownsBucket = ownsBucket;
    this.clock = clock;
    this.sink = sink;
  }

  /**
   * Opens the port.
   *
   * @param loops made by {@link EventLoops#create}
   * @param host literal to listen on
   * @param port to listen on; 0 = any free one
   * @param ownsBucket whether this process answers for a bucket of that name
   * @param clock stamps statistics that carry no time
   * @param sink receives every batch, on an event loop: it must not block
   * @throws BindException if the port cannot be opened; its message names it
   */
  public static StatServer start(
      EventLoopGroup loops,
      String host,
      int port,
      Predicate<String> ownsBucket,
      InstantSource clock,
      Consumer<List<StatMessage>> sink)
      throws BindException {
    StatServer server = new StatServer(ownsBucket, clock, sink);
    ChannelFuture bound =
        new ServerBootstrap()
            .group(loops)
            .channel(EventLoops.serverChannel())
            .childOption(ChannelOption.SO_KEEPALIVE, true)
            .childHandler(server.new Pipeline())
            .bind(host, port)
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      BindException refused =
          new BindException(
              "cannot listen on %s:%d: %s".formatted(host, port, bound.cause().getMessage()));
      refused.initCause(bound.cause());
      throw refused;
    }
    server.listener = bound.channel();
    return server;
  }

  /** Where it listens. */
  public Address address() {
    Channel bound = listener;
    if (bound == null || !(bound.localAddress() instanceof InetSocketAddress local)) {
      throw new IllegalStateException("listens on no ip:port");
    }
    return new Address(local.getAddress().getHostAddress(), local.getPort());
  }

  /** How many senders are connected. */
  public int sessions() {
    return sessions.size();
  }

  /**
   * Takes no new connections and tells each sender to look for another autoscaler; waits at most 5
   * s for them to leave.
   */
  @Override
  public void close() {
    closing = true;
    Channel bound = listener;
    if (bound != null) {
      bound.close().syncUninterruptibly();
    }
    sessions.writeAndFlush(new CloseWebSocketFrame(RESTARTING));
    if (!sessions.newCloseFuture().awaitUninterruptibly(GOODBYE_LIMIT.toMillis())) {
      LOG.warn("{} senders of statistics did not leave in time", sessions.size());
    }
    sessions.close().awaitUninterruptibly();
  }

  private void receive(byte[] bytes, Object sender) {
    List<StatMessage> messages;
    try {
      messages = StatWire.decodeMessages(bytes);
    } catch (MalformedStatException e) {
      LOG.warn(
          "ignoring {} bytes from {} that are no statistics: {}",
          bytes.length,
          sender,
          e.getMessage());
      return;
    }
    if (!messages.isEmpty()) {
      long now = clock.instant().getEpochSecond();
      sink.accept(messages.stream().map(message -> stamped(message, now)).toList());
    }
  }

  private static StatMessage stamped(StatMessage message, long now) {
    return message.stat().timestamp() == 0 ? message.at(now) : message;
  }

  private final class Pipeline extends ChannelInitializer<Channel> {
    private final Front front = new Front();

    @Override
    protected void initChannel(Channel channel) {
      if (channel instanceof EpollSocketChannel) {
        channel.config().setOption(EpollChannelOption.TCP_KEEPIDLE, KEEP_ALIVE_SECONDS);
      }
      channel
          .pipeline()
          .addLast(new HttpServerCodec())
          .addLast(new HttpObjectAggregator(HANDSHAKE_BYTES_LIMIT))
          .addLast(new HandshakeDeadline())
          .addLast(front);
    }
  }

  /** Closes a connection on which no request has come in time. */
  private static final class HandshakeDeadline extends ChannelHandlerAdapter {
    private @Nullable Future<?> deadline;

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
      deadline =
          ctx.executor()
              .schedule(() -> ctx.close(), HANDSHAKE_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
      if (deadline != null) {
        deadline.cancel(false);
      }
    }
  }

  /** Answers the one plain request of a connection, or turns it into a session. */
  @Sharable
  private final class Front extends SimpleChannelInboundHandler<FullHttpRequest> {
    private final WebSocketServerHandshakerFactory handshakers =
        new WebSocketServerHandshakerFactory(
            "",
            null,
            WebSocketDecoderConfig.newBuilder()
                .allowExtensions(false)
                .maxFramePayloadLength(BATCH_BYTES_LIMIT)
                .build());

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
      if (isKubeletProbe(request) || isForAnotherBucket(request)) {
        // The original answers a wrong bucket without upgrading, so that its client looks further.
        answer(ctx, request, HttpResponseStatus.OK);
      } else if (!isHandshake(request)) {
        answer(ctx, request, HttpResponseStatus.BAD_REQUEST);
      } else if (isFromAnotherOrigin(request)) {
        answer(ctx, request, HttpResponseStatus.FORBIDDEN);
      } else {
        openSession(ctx, request);
      }
    }

    private void openSession(ChannelHandlerContext ctx, FullHttpRequest request) {
      WebSocketServerHandshaker handshaker = handshakers.newHandshaker(request);
      if (handshaker == null) {
        answer(ctx, request, HttpResponseStatus.BAD_REQUEST);
        return;
      }
      ctx.pipeline().remove(HandshakeDeadline.class);
      ctx.pipeline()
          .addLast(new WebSocketFrameAggregator(BATCH_BYTES_LIMIT))
          .addLast(new Session(handshaker));
      handshaker
          .handshake(ctx.channel(), request)
          .addListener(shaken -> {
            if (shaken.isSuccess()) {
              sessions.add(ctx.channel());
              ctx.pipeline().remove(this);
            } else {
              ctx.close();
            }
          });
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      LOG.debug("connection from {} failed", ctx.channel().remoteAddress(), cause);
      ctx.close();
    }

    private static boolean isKubeletProbe(FullHttpRequest request) {
      return request.headers().contains("K-Kubelet-Probe")
          || request.headers().get(HttpHeaderNames.USER_AGENT, "").startsWith("kube-probe/");
    }

    private boolean isForAnotherBucket(FullHttpRequest request) {
      String host = request.headers().get(HttpHeaderNames.HOST, "");
      int dot = host.indexOf('.');
      return host.startsWith(BUCKET_PREFIX)
          && !ownsBucket.test(dot < 0 ? host : host.substring(0, dot));
    }

    private static boolean isHandshake(FullHttpRequest request) {
      return request.method().equals(HttpMethod.GET)
          && request
              .headers()
              .containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE, true)
          && request
              .headers()
              .containsValue(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET, true)
          && request.headers().contains(HttpHeaderNames.SEC_WEBSOCKET_KEY);
    }

    /** A page in a browser must not be able to report load. */
    private static boolean isFromAnotherOrigin(FullHttpRequest request) {
      String origin = request.headers().get(HttpHeaderNames.ORIGIN);
      if (origin == null) {
        return false;
      }
      int scheme = origin.indexOf("://");
      return scheme < 0
          || !origin
              .substring(scheme + 3)
              .equalsIgnoreCase(request.headers().get(HttpHeaderNames.HOST, ""));
    }

    private static void answer(
        ChannelHandlerContext ctx, FullHttpRequest request, HttpResponseStatus status) {
      var response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status);
      HttpUtil.setContentLength(response, 0);
      boolean keepAlive = HttpUtil.isKeepAlive(request) && status.equals(HttpResponseStatus.OK);
      HttpUtil.setKeepAlive(response, keepAlive);
      var written = ctx.writeAndFlush(response);
      if (!keepAlive) {
        written.addListener(ChannelFutureListener.CLOSE);
      }
    }
  }

  /** One sender. */
  private final class Session extends SimpleChannelInboundHandler<WebSocketFrame> {
    private final WebSocketServerHandshaker handshaker;

    Session(WebSocketServerHandshaker handshaker) {
      this.handshaker = handshaker;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, WebSocketFrame frame) {
      switch (frame) {
        case BinaryWebSocketFrame batch ->
            receive(ByteBufUtil.getBytes(batch.content()), ctx.channel().remoteAddress());
        case PingWebSocketFrame ping ->
            ctx.writeAndFlush(new PongWebSocketFrame(ping.content().retain()));
        case CloseWebSocketFrame close -> {
          if (closing) {
            ctx.close(); // the answer to our own good-bye
          } else {
            handshaker.close(ctx.channel(), close.retain());
          }
        }
        case TextWebSocketFrame text ->
            LOG.warn(
                "ignoring {} bytes of text from {}",
                text.content().readableBytes(),
                ctx.channel().remoteAddress());
        default -> {
          // A pong that nobody asked for.
        }
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      LOG.debug("connection from {} failed", ctx.channel().remoteAddress(), cause);
      ctx.close();
    }
  }
}
