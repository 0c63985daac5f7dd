package dev.bellows.embedded.stream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import io.netty.handler.codec.spdy.DefaultSpdyGoAwayFrame;
import io.netty.handler.codec.spdy.DefaultSpdyPingFrame;
import io.netty.handler.codec.spdy.DefaultSpdyRstStreamFrame;
import io.netty.handler.codec.spdy.DefaultSpdySynReplyFrame;
import io.netty.handler.codec.spdy.SpdyDataFrame;
import io.netty.handler.codec.spdy.SpdyFrame;
import io.netty.handler.codec.spdy.SpdyPingFrame;
import io.netty.handler.codec.spdy.SpdyRstStreamFrame;
import io.netty.handler.codec.spdy.SpdySessionStatus;
import io.netty.handler.codec.spdy.SpdyStreamStatus;
import io.netty.handler.codec.spdy.SpdySynStreamFrame;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Streams that the client opens with SPDY/3.1 (the SPDY protocol, draft 3.1), directly on the
 * connection or tunnelled in a WebSocket.
 *
 * <p>No flow control: kubectl's library (moby/spdystream) neither sends nor heeds WINDOW_UPDATE, so
 * who waited for one would wait for ever. What holds back either side is the connection itself.
 */
final class SpdyStreams extends StreamHandler<SpdyFrame> {
  private final Map<Integer, Stream> streams = new HashMap<>();
  private int newest;
  private int pings;

  SpdyStreams() {
    super(SpdyFrame.class);
  }

  /** Touched by the event loop alone. */
  private static final class Stream {
    final Inbox inbox;
    boolean theyEnded;
    boolean weEnded;

    Stream(Inbox inbox) {
      this.inbox = inbox;
    }
  }

  @Override
  void begin(ChannelHandlerContext context) {}

  @Override
  void received(ChannelHandlerContext context, SpdyFrame frame) {
    switch (frame) {
      case SpdySynStreamFrame opening -> open(context, opening);
      case SpdyDataFrame data -> data(context, data);
      case SpdyRstStreamFrame reset -> {
        Stream stream = streams.remove(reset.streamId());
        if (stream != null) {
          stream.inbox.fail("the client has reset the stream");
        }
      }
      case SpdyPingFrame ping -> {
        // A client's pings have odd numbers; an even one answers ours.
        if ((ping.id() & 1) == 1) {
          context.writeAndFlush(new DefaultSpdyPingFrame(ping.id()));
        }
      }
      default -> {} // settings, windows, headers: nothing that kubectl says with them
    }
  }

  private void open(ChannelHandlerContext context, SpdySynStreamFrame opening) {
    int id = opening.streamId();
    if (opening.isInvalid() || opening.isTruncated() || id <= newest || (id & 1) == 0) {
      reset(context, id, SpdyStreamStatus.PROTOCOL_ERROR);
      return;
    }
    newest = id;
    Map<String, String> headers = new HashMap<>();
    for (Map.Entry<CharSequence, CharSequence> header : opening.headers()) {
      headers.put(
          header.getKey().toString().toLowerCase(Locale.ROOT), header.getValue().toString());
    }
    Stream stream = new Stream(connection().inbox());
    ByteStream shown =
        new ByteStream(
            headers, stream.inbox, new Outlet(connection(), new DataFrames(context, id)));
    if (streams.size() >= StreamConnection.MAX_STREAMS || !connection().open(shown)) {
      reset(context, id, SpdyStreamStatus.REFUSED_STREAM);
      return;
    }
    streams.put(id, stream);
    // With a header: Netty writes an empty block as no bytes, which kubectl's library cannot read.
    DefaultSpdySynReplyFrame reply = new DefaultSpdySynReplyFrame(id);
    reply.headers().set(ByteStream.TYPE, shown.type());
    context.writeAndFlush(reply);
    if (opening.isLast()) {
      theyEnded(id, stream);
    }
  }

  private static void reset(ChannelHandlerContext context, int id, SpdyStreamStatus why) {
    context.writeAndFlush(new DefaultSpdyRstStreamFrame(id, why));
  }

  private void data(ChannelHandlerContext context, SpdyDataFrame data) {
    Stream stream = streams.get(data.streamId());
    if (stream == null) {
      return; // it was reset, or has ended on both sides
    }
    if (stream.theyEnded) {
      reset(context, data.streamId(), SpdyStreamStatus.STREAM_ALREADY_CLOSED);
      return;
    }
    ByteBuf bytes = data.content();
    connection().received(bytes.readableBytes());
    stream.inbox.put(bytes);
    if (data.isLast()) {
      theyEnded(data.streamId(), stream);
    }
  }

  private void theyEnded(int id, Stream stream) {
    stream.theyEnded = true;
    stream.inbox.end();
    if (stream.weEnded) {
      streams.remove(id);
    }
  }

  private void weEnded(int id) {
    Stream stream = streams.get(id);
    if (stream != null) {
      stream.weEnded = true;
      if (stream.theyEnded) {
        streams.remove(id);
      }
    }
  }

  @Override
  void ended(String why) {
    streams.values().forEach(stream -> stream.inbox.fail(why));
    streams.clear();
  }

  @Override
  void ping(ChannelHandlerContext context) {
    pings += 2;
    context.writeAndFlush(new DefaultSpdyPingFrame(pings));
  }

  @Override
  void farewell(ChannelHandlerContext context) {
    context.writeAndFlush(new DefaultSpdyGoAwayFrame(newest, SpdySessionStatus.OK));
    ChannelHandlerContext tunnel = context.pipeline().context(WebSocketTunnel.class);
    if (tunnel != null) {
      tunnel.writeAndFlush(new CloseWebSocketFrame(WebSocketCloseStatus.NORMAL_CLOSURE));
    }
  }

  private final class DataFrames implements Outlet.Frames {
    private final ChannelHandlerContext context;
    private final int id;

    DataFrames(ChannelHandlerContext context, int id) {
      this.context = context;
      this.id = id;
    }

    @Override
    public Object data(ByteBuf bytes) {
      return new DefaultSpdyDataFrame(id, bytes);
    }

    @Override
    public Optional<Object> end() {
      context.executor().execute(() -> weEnded(id));
      return Optional.of(new DefaultSpdyDataFrame(id, Unpooled.EMPTY_BUFFER).setLast(true));
    }
  }
}
