package dev.bellows.embedded.stream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Kubernetes' channels on a WebSocket, {@code v4.channel.k8s.io} and {@code v5.channel.k8s.io}
 * (k8s.io/apimachinery, util/remotecommand): the first byte of each message is the number of the
 * stream that the rest belongs to. In version 5 a message of 255 and a number ends that stream.
 */
final class Channels extends StreamHandler<WebSocketFrame> {
  private static final List<String> TYPES = List.of("stdin", "stdout", "stderr", "error", "resize");
  private static final int END = 255;

  private final boolean ends;
  private final List<Inbox> inboxes = new ArrayList<>();

  /**
   * The streams of one command.
   *
   * @param ends whether the client can end a stream: version 5
   */
  Channels(boolean ends) {
    super(WebSocketFrame.class);
    this.ends = ends;
  }

  @Override
  void begin(ChannelHandlerContext context) {
    for (int number = 0; number < TYPES.size(); number++) {
      Inbox inbox = connection().inbox();
      inboxes.add(inbox);
      connection()
          .open(
              new ByteStream(
                  Map.of(ByteStream.TYPE, TYPES.get(number)),
                  inbox,
                  new Outlet(connection(), new Messages(number))));
    }
  }

  @Override
  void received(ChannelHandlerContext context, WebSocketFrame frame) {
    ByteBuf bytes = frame.content();
    if (!bytes.isReadable()) {
      return;
    }
    int number = bytes.readUnsignedByte();
    if (ends && number == END) {
      if (bytes.isReadable()) {
        int ended = bytes.readUnsignedByte();
        if (ended < inboxes.size()) {
          inboxes.get(ended).end();
        }
      }
    } else if (number < inboxes.size()) {
      connection().received(bytes.readableBytes());
      inboxes.get(number).put(bytes);
    }
  }

  @Override
  void ended(String why) {
    inboxes.forEach(inbox -> inbox.fail(why));
  }

  @Override
  void ping(ChannelHandlerContext context) {
    context.writeAndFlush(new PingWebSocketFrame());
  }

  @Override
  void farewell(ChannelHandlerContext context) {
    context.writeAndFlush(new CloseWebSocketFrame(WebSocketCloseStatus.NORMAL_CLOSURE));
  }

  private record Messages(int number) implements Outlet.Frames {
    @Override
    public Object data(ByteBuf bytes) {
      return new BinaryWebSocketFrame(
          Unpooled.wrappedBuffer(Unpooled.wrappedBuffer(new byte[] {(byte) number}), bytes));
    }

    /** The protocol has none in this direction: the end of the WebSocket is the end of all. */
    @Override
    public Optional<Object> end() {
      return Optional.empty();
    }
  }
}
