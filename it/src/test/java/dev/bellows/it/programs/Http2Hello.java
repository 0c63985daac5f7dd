package dev.bellows.it.programs;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import java.nio.charset.StandardCharsets;

/** Speaks nothing but HTTP/2 without TLS, by prior knowledge, at {@code PORT}; and says so. */
public final class Http2Hello {
  private Http2Hello() {}

  public static void main(String[] arguments) throws InterruptedException {
    new ServerBootstrap()
        .group(new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory()))
        .channel(NioServerSocketChannel.class)
        .childHandler(
            new ChannelInitializer<>() {
              @Override
              protected void initChannel(Channel connection) {
                connection
                    .pipeline()
                    .addLast(
                        Http2FrameCodecBuilder.forServer().build(),
                        new Http2MultiplexHandler(new Stream()));
              }
            })
        .bind(Integer.parseInt(System.getenv("PORT")))
        .sync()
        .channel()
        .closeFuture()
        .sync();
  }

  private static final class Stream extends ChannelInitializer<Channel> {
    @Override
    protected void initChannel(Channel stream) {
      stream
          .pipeline()
          .addLast(
              new SimpleChannelInboundHandler<Http2HeadersFrame>() {
                @Override
                protected void channelRead0(ChannelHandlerContext context, Http2HeadersFrame head) {
                  context.write(
                      new DefaultHttp2HeadersFrame(new DefaultHttp2Headers().status("200")));
                  context.writeAndFlush(
                      new DefaultHttp2DataFrame(
                          Unpooled.copiedBuffer("HTTP/2.0", StandardCharsets.UTF_8), true));
                }
              });
    }
  }
}
