package dev.bellows.embedded.apiserver;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;
import io.netty.handler.ssl.SslContext;

/** Builds the pipeline of each connection: TLS, then HTTP/1.1 or HTTP/2 as ALPN settles it. */
final class Connections extends ChannelInitializer<SocketChannel> {
  /** Of all header fields of a request together. */
  private static final int MAX_HEADER_BYTES = 64 << 10;

  /** Requests at once on one HTTP/2 connection; kube-apiserver's number. */
  private static final int MAX_STREAMS = 100;

  private static final int MAX_LINE_BYTES = 16 << 10;
  private static final int WINDOW_BYTES = 1 << 20;

  private final SslContext tls;
  private final Router router;
  private final ChannelGroup channels;

  Connections(SslContext tls, Router router, ChannelGroup channels) {
    this.tls = tls;
    this.router = router;
    this.channels = channels;
  }

  @Override
  protected void initChannel(SocketChannel channel) {
    if (channels.size() >= ApiServer.MAX_CONNECTIONS) {
      channel.close();
      return;
    }
    channels.add(channel);
    channel.pipeline().addLast(tls.newHandler(channel.alloc()), new Negotiated());
  }

  private final class Negotiated extends ApplicationProtocolNegotiationHandler {
    Negotiated() {
      super(ApplicationProtocolNames.HTTP_1_1);
    }

    @Override
    protected void configurePipeline(ChannelHandlerContext context, String protocol) {
      if (ApplicationProtocolNames.HTTP_2.equals(protocol)) {
        http2(context.pipeline());
      } else {
        http1(context.pipeline());
      }
    }

    @Override
    protected void handshakeFailure(ChannelHandlerContext context, Throwable cause) {
      context.close(); // a client that does not trust us, or speaks no TLS: its business
    }
  }

  private void http1(ChannelPipeline pipeline) {
    pipeline.addLast(
        new HttpServerCodec(
            new HttpDecoderConfig()
                .setMaxInitialLineLength(MAX_LINE_BYTES)
                .setMaxHeaderSize(MAX_HEADER_BYTES)));
    pipeline.addLast(new BodyAggregator(), new ExchangeHandler(router));
  }

  private void http2(ChannelPipeline pipeline) {
    pipeline.addLast(
        Http2FrameCodecBuilder.forServer()
            .initialSettings(
                Http2Settings.defaultSettings()
                    .maxConcurrentStreams(MAX_STREAMS)
                    .maxHeaderListSize(MAX_HEADER_BYTES)
                    .initialWindowSize(WINDOW_BYTES))
            .build());
    pipeline.addLast(
        new Http2MultiplexHandler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel stream) {
                stream
                    .pipeline()
                    .addLast(
                        new Http2StreamFrameToHttpObjectCodec(true),
                        new BodyAggregator(),
                        new ExchangeHandler(router));
              }
            }));
  }
}
