package dev.bellows.embedded.stream;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshaker;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshakerFactory;
import io.netty.handler.codec.spdy.SpdyFrameCodec;
import io.netty.handler.codec.spdy.SpdyVersion;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Takes a connection from HTTP/1.1 to the protocol in which its client wants streams. */
public final class StreamUpgrade {
  /** A message of a WebSocket; kubectl sends 32 KiB at once. */
  private static final int MAX_MESSAGE_BYTES = 1 << 20;

  private static final long PATIENCE_SECONDS = 10;
  private static final String SPDY = "SPDY/3.1";
  private static final String SPDY_PROTOCOLS = "x-stream-protocol-version";

  private final ChannelHandlerContext context;
  private final FullHttpRequest request;

  /** What a client wants streams for, and the names of the protocols for that, both ways. */
  public enum Purpose {
    /** The standard streams of one command. */
    COMMAND,
    /** Connections to ports of a pod. */
    PORT_FORWARD;

    private List<String> webSocket() {
      return switch (this) {
        case COMMAND -> List.of("v5.channel.k8s.io", "v4.channel.k8s.io");
        case PORT_FORWARD -> List.of("SPDY/3.1+portforward.k8s.io");
      };
    }

    private List<String> spdy() {
      return switch (this) {
        case COMMAND -> List.of("v4.channel.k8s.io");
        case PORT_FORWARD -> List.of("portforward.k8s.io");
      };
    }
  }

  /** There is no protocol that both sides speak. The message is for the client. */
  public static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    Refused(String message) {
      super(message);
    }
  }

  /**
   * The way out of HTTP for a request.
   *
   * @param context of the last handler of the pipeline, which is replaced
   * @param request with its headers; not released by this
   */
  public StreamUpgrade(ChannelHandlerContext context, FullHttpRequest request) {
    this.context = context;
    this.request = request;
  }

  /** Whether a request asks to leave HTTP in a way that leads to streams. */
  public static boolean isWanted(FullHttpRequest request) {
    return isWebSocket(request) || asksFor(request, SPDY);
  }

  /** Whether a request asks for a WebSocket. */
  public static boolean isWebSocket(FullHttpRequest request) {
    return asksFor(request, "websocket");
  }

  private static boolean asksFor(FullHttpRequest request, String protocol) {
    return request.headers().containsValue(HttpHeaderNames.UPGRADE, protocol, true);
  }

  /**
   * Leaves HTTP.
   *
   * @throws Refused before anything was sent, if the client speaks no protocol of ours
   * @throws IOException if the client has left meanwhile
   */
  public StreamConnection to(Purpose purpose) throws Refused, IOException {
    CompletableFuture<StreamConnection> ready =
        isWebSocket(request) ? webSocket(purpose) : spdy(purpose);
    try {
      return ready.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } catch (ExecutionException | TimeoutException e) {
      context.close();
      throw new IOException("the client did not follow the change of protocol", e);
    }
  }

  private String choose(CharSequence header, List<String> ours) throws Refused {
    List<String> theirs = new ArrayList<>();
    for (String line : request.headers().getAll(header)) {
      for (String name : line.split(",", -1)) {
        theirs.add(name.strip());
      }
    }
    return theirs.stream()
        .filter(ours::contains)
        .findFirst()
        .orElseThrow(() ->
            new Refused(
                "unable to upgrade: unable to negotiate protocol: client supports "
                    + theirs
                    + ", server accepts "
                    + ours));
  }

  private CompletableFuture<StreamConnection> webSocket(Purpose purpose) throws Refused {
    String protocol = choose(HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL, purpose.webSocket());
    WebSocketServerHandshaker handshaker =
        new WebSocketServerHandshakerFactory(
                "wss://" + request.headers().get(HttpHeaderNames.HOST) + request.uri(),
                protocol,
                WebSocketDecoderConfig.newBuilder()
                    .maxFramePayloadLength(MAX_MESSAGE_BYTES)
                    .allowExtensions(false)
                    .build())
            .newHandshaker(request);
    if (handshaker == null) {
      throw new Refused("unable to upgrade: websocket version 13 is needed");
    }
    List<ChannelHandler> handlers = new ArrayList<>();
    handlers.add(new WebSocketFrameAggregator(MAX_MESSAGE_BYTES));
    handlers.add(new WebSocketControl());
    StreamHandler<?> last;
    if (protocol.startsWith(SPDY)) {
      handlers.add(new WebSocketTunnel());
      handlers.add(new SpdyFrameCodec(SpdyVersion.SPDY_3_1));
      last = new SpdyStreams();
    } else {
      last = new Channels(protocol.startsWith("v5"));
    }
    handlers.add(last);
    request.retain(); // for the handshake, which may still read it when the caller has gone on
    context
        .executor()
        .execute(() -> {
          handshaker
              .handshake(context.channel(), request)
              .addListener(shaken -> {
                request.release();
                follow(handlers, last, shaken.cause());
              });
        });
    return last.ready();
  }

  private CompletableFuture<StreamConnection> spdy(Purpose purpose) throws Refused {
    String protocol = choose(SPDY_PROTOCOLS, purpose.spdy());
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1, HttpResponseStatus.SWITCHING_PROTOCOLS, Unpooled.EMPTY_BUFFER);
    response
        .headers()
        .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE)
        .set(HttpHeaderNames.UPGRADE, SPDY)
        .set(SPDY_PROTOCOLS, protocol);
    SpdyStreams last = new SpdyStreams();
    context
        .executor()
        .execute(() -> {
          ChannelPipeline pipeline = context.pipeline();
          context
              .writeAndFlush(response)
              .addListener(sent -> {
                // The HTTP codec hands on what it may hold of the client's frames, so it goes last.
                follow(List.of(new SpdyFrameCodec(SpdyVersion.SPDY_3_1), last), last, sent.cause());
                pipeline.remove(HttpObjectAggregator.class);
                pipeline.remove(HttpServerCodec.class);
              });
        });
    return last.ready();
  }

  /**
   * On the event loop, when the client has just been told: puts the protocol's handlers into the
   * place of HTTP's last, before anything more can be read.
   */
  private void follow(
      List<ChannelHandler> handlers, StreamHandler<?> last, @Nullable Throwable failure) {
    if (failure != null || context.isRemoved()) {
      last.ready().completeExceptionally(failure == null ? new IOException("closed") : failure);
      return;
    }
    ChannelPipeline pipeline = context.pipeline();
    pipeline.remove(context.handler());
    handlers.forEach(pipeline::addLast);
    last.start(pipeline.context(last));
  }
}
