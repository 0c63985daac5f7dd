package dev.bellows.dataplane.probe;

import dev.bellows.dataplane.proxy.HeaderNames;
import dev.bellows.dataplane.proxy.Http2Clients;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.codec.http2.Http2StreamFrame;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;

/**
 * Asks one question on the first stream of a connection of HTTP/2 without TLS and with prior
 * knowledge: a GET, or {@code grpc.health.v1.Health/Check}. Both are one request and one response;
 * for two messages of one field each a gRPC library would be the larger part of a sidecar.
 */
final class Http2Question extends SimpleChannelInboundHandler<Http2StreamFrame> {
  private static final String CHECK = "/grpc.health.v1.Health/Check";

  /** What the original's prober calls itself (data-plane spec §3.6). */
  private static final String USER_AGENT = "kube-probe//";

  /** {@code HealthCheckResponse.ServingStatus.SERVING} as protobuf: field 1, value 1. */
  private static final byte[] SERVING = {0x08, 0x01};

  /** Of a gRPC message: a byte that says whether it is compressed, and four for its length. */
  private static final int PREFIX_BYTES = 5;

  private final Probe probe;
  private final CompletableFuture<ProbeResult> result;
  private final ByteBuf body = Unpooled.buffer();
  private int status;

  private Http2Question(Probe probe, CompletableFuture<ProbeResult> result) {
    this.probe = probe;
    this.result = result;
  }

  /** Makes a connection speak HTTP/2; {@link #ask} then asks on it. */
  static void init(Channel connection, CompletableFuture<ProbeResult> result) {
    Http2Clients.addTo(connection.pipeline());
    connection
        .pipeline()
        .addLast(
            new ChannelInboundHandlerAdapter() {
              @Override
              public void channelInactive(ChannelHandlerContext ctx) {
                result.complete(new ProbeResult.Failed("closed without an answer"));
              }

              @Override
              public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
                result.complete(new ProbeResult.Failed(String.valueOf(cause.getMessage())));
              }
            });
  }

  /** Asks on a connection that is there. */
  static void ask(Channel connection, Probe probe, CompletableFuture<ProbeResult> result) {
    new Http2StreamChannelBootstrap(connection)
        .handler(new Http2Question(probe, result))
        .open()
        .addListener(opened -> {
          if (!opened.isSuccess()) {
            result.complete(new ProbeResult.Failed(String.valueOf(opened.cause().getMessage())));
          }
        });
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    Http2Headers headers =
        new DefaultHttp2Headers()
            .scheme("http")
            .authority(probe.address().toString())
            .set("user-agent", USER_AGENT);
    switch (probe) {
      case Probe.Http2Get get -> {
        headers.method("GET").path(get.target());
        get.headers()
            .forEach(header -> {
              String name = header.getKey().toLowerCase(Locale.ROOT);
              if (name.contentEquals(HeaderNames.HOST)) {
                headers.authority(header.getValue());
              } else {
                headers.set(name, header.getValue());
              }
            });
        ctx.writeAndFlush(new DefaultHttp2HeadersFrame(headers, true));
      }
      case Probe.GrpcHealth health -> {
        headers
            .method("POST")
            .path(CHECK)
            .set("content-type", "application/grpc")
            .set("te", "trailers");
        ctx.write(new DefaultHttp2HeadersFrame(headers, false));
        ctx.writeAndFlush(new DefaultHttp2DataFrame(checkRequest(health.service()), true));
      }
      case Probe.TcpConnect connect -> throw new IllegalStateException("no HTTP/2: " + connect);
      case Probe.HttpGet get -> throw new IllegalStateException("no HTTP/2: " + get);
    }
  }

  /** {@code HealthCheckRequest}: field 1 is the service's name. */
  private static ByteBuf checkRequest(String service) {
    byte[] name = service.getBytes(StandardCharsets.UTF_8);
    ByteBuf message = Unpooled.buffer();
    if (name.length > 0) {
      message.writeByte(0x0a);
      for (int rest = name.length; ; rest >>>= 7) {
        if (rest < 0x80) {
          message.writeByte(rest);
          break;
        }
        message.writeByte((rest & 0x7f) | 0x80);
      }
      message.writeBytes(name);
    }
    ByteBuf frame = Unpooled.buffer().writeByte(0).writeInt(message.readableBytes());
    return frame.writeBytes(message);
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, Http2StreamFrame frame) {
    switch (frame) {
      case Http2HeadersFrame head -> {
        CharSequence told = head.headers().status();
        if (told != null) {
          status = Integer.parseInt(told.toString());
        }
        if (head.isEndStream()) {
          complete(head.headers());
        }
      }
      case Http2DataFrame data -> {
        int room =
            Math.min(Prober.BODY_BYTES - body.readableBytes(), data.content().readableBytes());
        body.writeBytes(data.content(), data.content().readerIndex(), room);
        if (data.isEndStream() || body.readableBytes() == Prober.BODY_BYTES) {
          complete(new DefaultHttp2Headers());
        }
      }
      case Http2ResetFrame reset ->
          result.complete(new ProbeResult.Failed("stream reset, code " + reset.errorCode()));
      default -> {} // flow control and the like
    }
  }

  private void complete(Http2Headers last) {
    if (probe instanceof Probe.GrpcHealth) {
      result.complete(health(last));
    } else {
      result.complete(new ProbeResult.Answered(status, body.toString(StandardCharsets.ISO_8859_1)));
    }
  }

  private ProbeResult health(Http2Headers trailers) {
    CharSequence code = trailers.get("grpc-status");
    if (status != 200 || code == null || !code.toString().equals("0")) {
      return new ProbeResult.Failed("status " + status + ", grpc-status " + code);
    }
    boolean serving =
        body.readableBytes() == PREFIX_BYTES + SERVING.length
            && ByteBufUtil.equals(
                body,
                body.readerIndex() + PREFIX_BYTES,
                Unpooled.wrappedBuffer(SERVING),
                0,
                SERVING.length);
    return serving ? new ProbeResult.Serving() : new ProbeResult.Failed("health is not SERVING");
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    result.complete(new ProbeResult.Failed("closed without an answer"));
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    result.complete(new ProbeResult.Failed(String.valueOf(cause.getMessage())));
  }
}
