package dev.bellows.embedded.stream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.MessageToMessageCodec;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import java.util.List;

/** Carries another protocol's bytes in the binary messages of a WebSocket (KEP-4006). */
final class WebSocketTunnel extends MessageToMessageCodec<BinaryWebSocketFrame, ByteBuf> {
  WebSocketTunnel() {
    super(BinaryWebSocketFrame.class, ByteBuf.class);
  }

  @Override
  protected void encode(ChannelHandlerContext context, ByteBuf bytes, List<Object> out) {
    out.add(new BinaryWebSocketFrame(bytes.retain()));
  }

  @Override
  protected void decode(
      ChannelHandlerContext context, BinaryWebSocketFrame frame, List<Object> out) {
    out.add(frame.content().retain());
  }
}
