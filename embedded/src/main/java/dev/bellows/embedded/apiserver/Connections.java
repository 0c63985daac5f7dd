package dev.bellows.embedded.apiserver;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;

/** Builds the pipeline of each connection: TLS, then HTTP/1.1 or HTTP/2 as ALPN settles it. */
final class Connections extends ChannelInitializer<SocketChannel> {
  /** Of all header fields of a request together. */
  private static final int MAX_HEADER_BYTES = 64 << 10;

  /** Requests at once on one HTTP/2 connection; kube-apiserver's number. */
  private static final int MAX_STREAMS = 100;

  private static final int MAX_LINE_BYTES = 16 << 10;
  private static final int WINDOW_BYTES = 1 << 20;

  /**
   * Of an answer that the client has not taken: above the larger one nothing is added, until it is
   * below the smaller one.
   */
  private static final WriteBufferWaterMark UNSENT = new WriteBufferWaterMark(16 << 10, 32 << 10);

  /** A connection without a request, or with half of one, for so long is closed. */
  private static final int MAX_IDLE_SECONDS = 180;

  private static final String HTTP_2 = "h2";
  private static final String HTTP_1_1 = "http/1.1";

  private final SSLContext tls;
  private final Clients clients;
  private final Function<String, Optional<User>> bearers;
  private final Consumer<ApiRequest> handler;
  private final Visitors visitors = new Visitors();
  private final Door.Bodies bodies = new Door.Bodies();
  private final ChannelGroup channels;

  /** Whether clients are asked for a certificate. */
  enum Clients {
    /** They say who they are with each request. */
    NAMELESS,
    /** They may show a certificate, and are then who it says, if TLS trusts who signed it. */
    MAY_SHOW_CERTIFICATE
  }

  /**
   * @param bearers whom an Authorization header proves; empty if nobody
   * @param handler answers each request, on a virtual thread of the request's own
   * @param channels those that are open
   */
  Connections(
      SSLContext tls,
      Clients clients,
      Function<String, Optional<User>> bearers,
      Consumer<ApiRequest> handler,
      ChannelGroup channels) {
    this.tls = tls;
    this.clients = clients;
    this.bearers = bearers;
    this.handler = handler;
    this.channels = channels;
  }

  @Override
  protected void initChannel(SocketChannel channel) {
    visitors.arrived(channel);
    channels.add(channel);
    channel.config().setWriteBufferWaterMark(UNSENT);
    channel.pipeline().addLast(new SslHandler(engine()), new Negotiated());
  }

  private SSLEngine engine() {
    SSLEngine engine = tls.createSSLEngine();
    engine.setUseClientMode(false);
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
    parameters.setApplicationProtocols(new String[] {HTTP_2, HTTP_1_1});
    parameters.setWantClientAuth(clients == Clients.MAY_SHOW_CERTIFICATE);
    engine.setSSLParameters(parameters);
    return engine;
  }

  /** Waits for the end of the handshake, then gives its place to the protocol agreed upon. */
  private final class Negotiated extends ChannelInboundHandlerAdapter {
    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      if (!(event instanceof SslHandshakeCompletionEvent handshake)) {
        context.fireUserEventTriggered(event);
        return;
      }
      if (!handshake.isSuccess()) {
        context.close(); // a client that does not trust us, or speaks no TLS: its business
        return;
      }
      ChannelPipeline pipeline = context.pipeline();
      SSLEngine engine = pipeline.get(SslHandler.class).engine();
      User user = clients == Clients.NAMELESS ? User.NOBODY : User.of(engine.getSession());
      if (!user.equals(User.NOBODY) && !visitors.introduced(context.channel(), user)) {
        context.close();
        return;
      }
      if (HTTP_2.equals(engine.getApplicationProtocol())) {
        http2(pipeline, user);
      } else {
        http1(pipeline, user);
      }
      pipeline.remove(this);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close();
    }
  }

  /** Closes an HTTP/2 connection that has been silent and carries no request. */
  private static final class Unused extends ChannelInboundHandlerAdapter {
    private final Http2FrameCodec codec;

    Unused(Http2FrameCodec codec) {
      this.codec = codec;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      if (event instanceof IdleStateEvent && codec.connection().numActiveStreams() == 0) {
        context.close();
      }
      context.fireUserEventTriggered(event);
    }
  }

  private void http1(ChannelPipeline pipeline, User user) {
    pipeline.addLast(
        new HttpServerCodec(
            new HttpDecoderConfig()
                .setMaxInitialLineLength(MAX_LINE_BYTES)
                .setMaxHeaderSize(MAX_HEADER_BYTES)));
    pipeline.addLast(
        new IdleStateHandler(MAX_IDLE_SECONDS, 0, 0),
        new Door(bearers, visitors, bodies),
        new BodyAggregator(),
        new ExchangeHandler(user, handler));
  }

  private void http2(ChannelPipeline pipeline, User user) {
    Http2FrameCodec codec =
        Http2FrameCodecBuilder.forServer()
            .initialSettings(
                Http2Settings.defaultSettings()
                    .maxConcurrentStreams(MAX_STREAMS)
                    .maxHeaderListSize(MAX_HEADER_BYTES)
                    .initialWindowSize(WINDOW_BYTES))
            .build();
    pipeline.addLast(new IdleStateHandler(MAX_IDLE_SECONDS, 0, 0), codec, new Unused(codec));
    pipeline.addLast(
        new Http2MultiplexHandler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel stream) {
                stream.config().setWriteBufferWaterMark(UNSENT);
                stream
                    .pipeline()
                    .addLast(
                        new Http2StreamFrameToHttpObjectCodec(true),
                        new Door(bearers, visitors, bodies),
                        new BodyAggregator(),
                        new ExchangeHandler(user, handler));
              }
            }));
  }
}
