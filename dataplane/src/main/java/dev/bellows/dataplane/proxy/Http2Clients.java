package dev.bellows.dataplane.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;

/** HTTP/2 as its client, for who asks one thing of a target and keeps no connection. */
public final class Http2Clients {
  private Http2Clients() {}

  /** Makes a new connection speak HTTP/2; requests are streams that are opened on it. */
  public static void addTo(ChannelPipeline pipeline) {
    pipeline.addLast(
        Http2FrameCodecBuilder.forClient().build(),
        new Http2MultiplexHandler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel pushed) {
                pushed.close(); // nobody asked
              }
            }));
  }
}
