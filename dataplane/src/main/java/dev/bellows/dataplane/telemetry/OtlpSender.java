package dev.bellows.dataplane.telemetry;

import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.dataplane.proxy.Http2Clients;
import dev.bellows.dataplane.proxy.Sockets;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.codec.http2.Http2StreamFrame;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;

/**
 * Sends one message of OTLP to a collector, over a connection of its own: they are seconds apart,
 * and a collector that was replaced meanwhile is so found anew. On an event loop; no thread waits.
 */
final class OtlpSender {
  /** For the whole of it, connecting included; OTLP's own default. */
  static final Duration LIMIT = Duration.ofSeconds(10);

  /** Of a collector's answer; what is longer is no answer of a collector. */
  private static final int ANSWER_BYTES = 64 * 1024;

  /** Of a gRPC message: a byte that says whether it is compressed, and four for its length. */
  private static final int PREFIX_BYTES = 5;

  private static final int TOO_MANY = 429;

  /** Codes of gRPC by which a message is refused for good: it or its sender is wrong. */
  private static final Set<String> FOR_GOOD = Set.of("3", "7", "12", "16");

  /** What is exported. */
  enum Signal {
    METRICS("/v1/metrics", "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"),
    TRACES("/v1/traces", "/opentelemetry.proto.collector.trace.v1.TraceService/Export");

    private final String httpPath;
    private final String grpcPath;

    Signal(String httpPath, String grpcPath) {
      this.httpPath = httpPath;
      this.grpcPath = grpcPath;
    }
  }

  /** How a collector failed, in one line. */
  static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean forGood;

    RefusedException(String message, boolean forGood) {
      super(message);
      this.forGood = forGood;
    }
  }

  /** Whether the same message may be taken at another time. */
  static boolean mayBeSentAgain(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return !(cause instanceof RefusedException refused && refused.forGood);
  }

  private final EventLoop loop;
  private final ExportTarget target;
  private final Signal signal;

  OtlpSender(EventLoop loop, ExportTarget target, Signal signal) {
    this.loop = loop;
    this.target = target;
    this.signal = signal;
  }

  /**
   * Sends it.
   *
   * @return done when the collector has taken it; fails otherwise, by {@link #LIMIT} at the latest
   */
  CompletionStage<Void> send(byte[] message) {
    CompletableFuture<Void> taken = new CompletableFuture<>();
    // Looking a name up blocks, which an event loop must not.
    Thread.ofVirtual()
        .name("collector")
        .start(() -> {
          try {
            InetAddress address = InetAddress.getAllByName(target.host())[0];
            loop.execute(() -> send(message, address, taken));
          } catch (UnknownHostException | RejectedExecutionException e) {
            taken.completeExceptionally(e);
          }
        });
    return taken;
  }

  private void send(byte[] message, InetAddress address, CompletableFuture<Void> taken) {
    ChannelFuture connecting =
        new Bootstrap()
            .group(loop)
            .channelFactory(EventLoops.clients(Sockets.HERE))
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) LIMIT.toMillis())
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) throws SSLException {
                    init(channel, message, taken);
                  }
                })
            .connect(new InetSocketAddress(address, target.port()));
    connecting.addListener(done -> {
      if (!done.isSuccess()) {
        taken.completeExceptionally(done.cause());
      } else if (target.protocol() == ExportTarget.Protocol.GRPC) {
        call(connecting.channel(), message, taken);
      }
    });
    var limit =
        loop.schedule(
            () ->
                taken.completeExceptionally(
                    new RefusedException("no answer within " + LIMIT, false)),
            LIMIT.toNanos(),
            TimeUnit.NANOSECONDS);
    taken.whenComplete((_, _) -> {
      limit.cancel(false);
      connecting.channel().close();
    });
  }

  private void init(Channel channel, byte[] message, CompletableFuture<Void> taken)
      throws SSLException {
    if (target.secure()) {
      channel.pipeline().addLast(tls(channel));
    }
    switch (target.protocol()) {
      case HTTP_PROTOBUF ->
          channel
              .pipeline()
              .addLast(
                  new HttpClientCodec(),
                  new HttpObjectAggregator(ANSWER_BYTES),
                  new Posted(message, taken));
      case GRPC -> Http2Clients.addTo(channel.pipeline());
    }
  }

  private SslHandler tls(Channel channel) throws SSLException {
    SslContextBuilder context = SslContextBuilder.forClient();
    if (target.protocol() == ExportTarget.Protocol.GRPC) {
      context.applicationProtocolConfig(
          new ApplicationProtocolConfig(
              ApplicationProtocolConfig.Protocol.ALPN,
              SelectorFailureBehavior.NO_ADVERTISE,
              SelectedListenerFailureBehavior.ACCEPT,
              ApplicationProtocolNames.HTTP_2));
    }
    SslHandler handler = context.build().newHandler(channel.alloc(), target.host(), target.port());
    SSLParameters parameters = handler.engine().getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    handler.engine().setSSLParameters(parameters);
    return handler;
  }

  private void call(Channel connection, byte[] message, CompletableFuture<Void> taken) {
    new Http2StreamChannelBootstrap(connection)
        .handler(new Called(message, taken))
        .open()
        .addListener(opened -> {
          if (!opened.isSuccess()) {
            taken.completeExceptionally(opened.cause());
          }
        });
  }

  /** A message under way, on a channel that is there for it alone. */
  private abstract static class Sending<I> extends SimpleChannelInboundHandler<I> {
    final byte[] message;
    final CompletableFuture<Void> taken;

    Sending(byte[] message, CompletableFuture<Void> taken) {
      this.message = message;
      this.taken = taken;
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      taken.completeExceptionally(new RefusedException("closed without an answer", false));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      taken.completeExceptionally(cause);
    }
  }

  /** A POST and its answer. */
  private final class Posted extends Sending<FullHttpResponse> {
    Posted(byte[] message, CompletableFuture<Void> taken) {
      super(message, taken);
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      DefaultFullHttpRequest request =
          new DefaultFullHttpRequest(
              HttpVersion.HTTP_1_1,
              HttpMethod.POST,
              target.path().isEmpty() ? signal.httpPath : target.path(),
              Unpooled.wrappedBuffer(message));
      request
          .headers()
          .set("host", target.authority())
          .set("content-type", "application/x-protobuf")
          .set("content-length", message.length)
          .set("connection", "close");
      ctx.writeAndFlush(request, ctx.voidPromise());
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpResponse response) {
      int status = response.status().code();
      if (status / 100 == 2) {
        taken.complete(null);
      } else {
        taken.completeExceptionally(
            new RefusedException("status " + status, status / 100 == 4 && status != TOO_MANY));
      }
    }
  }

  /** A unary call of gRPC and its status. */
  private final class Called extends Sending<Http2StreamFrame> {
    Called(byte[] message, CompletableFuture<Void> taken) {
      super(message, taken);
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      Http2Headers headers =
          new DefaultHttp2Headers()
              .method("POST")
              .scheme(target.secure() ? "https" : "http")
              .authority(target.authority())
              .path(signal.grpcPath)
              .set("content-type", "application/grpc")
              .set("te", "trailers");
      ByteBuf framed =
          Unpooled.buffer(PREFIX_BYTES + message.length)
              .writeByte(0)
              .writeInt(message.length)
              .writeBytes(message);
      ctx.write(new DefaultHttp2HeadersFrame(headers, false));
      ctx.writeAndFlush(new DefaultHttp2DataFrame(framed, true));
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, Http2StreamFrame frame) {
      switch (frame) {
        case Http2HeadersFrame head -> {
          CharSequence code = head.headers().get("grpc-status");
          if (code != null && code.toString().equals("0")) {
            taken.complete(null);
          } else if (code != null || head.isEndStream()) {
            taken.completeExceptionally(
                new RefusedException(
                    "grpc-status %s %s"
                        .formatted(
                            code == null ? "missing" : code,
                            head.headers().get("grpc-message", "")),
                    code != null && FOR_GOOD.contains(code.toString())));
          }
        }
        case Http2ResetFrame reset ->
            taken.completeExceptionally(
                new RefusedException("stream reset, code " + reset.errorCode(), false));
        default -> {} // the answer's message says nothing that the status does not
      }
    }
  }
}
