package dev.bellows.embedded.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import io.netty.handler.codec.spdy.DefaultSpdyRstStreamFrame;
import io.netty.handler.codec.spdy.DefaultSpdySynStreamFrame;
import io.netty.handler.codec.spdy.SpdyDataFrame;
import io.netty.handler.codec.spdy.SpdyRstStreamFrame;
import io.netty.handler.codec.spdy.SpdyStreamStatus;
import io.netty.handler.codec.spdy.SpdySynReplyFrame;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class StreamConnectionTest {
  private static final Duration SOON = Duration.ofSeconds(5);

  private final EmbeddedChannel channel = new EmbeddedChannel();

  private StreamConnection serve(StreamHandler<?> handler) {
    channel.pipeline().addLast(handler);
    handler.start(channel.pipeline().context(handler));
    return handler.ready().join();
  }

  private static ByteStream next(StreamConnection connection) throws InterruptedException {
    return connection.accept(SOON).orElseThrow();
  }

  private static BinaryWebSocketFrame message(int... bytes) {
    ByteBuf content = Unpooled.buffer();
    for (int each : bytes) {
      content.writeByte(each);
    }
    return new BinaryWebSocketFrame(content);
  }

  private void open(int id, String type) {
    DefaultSpdySynStreamFrame opening = new DefaultSpdySynStreamFrame(id, 0, (byte) 0);
    opening.headers().set("streamtype", type);
    channel.writeInbound(opening);
  }

  @Test
  void theFirstByteOfAMessageSaysWhichStreamItIsFor() throws Exception {
    StreamConnection connection = serve(new Channels(true));
    ByteStream stdin = next(connection);
    assertThat(stdin.type()).isEqualTo("stdin");
    channel.writeInbound(message(0, 'h', 'i'));
    channel.writeInbound(new TextWebSocketFrame("\0!"));
    channel.writeInbound(message(255, 0));
    assertThat(new String(stdin.input().readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("hi!");
  }

  @Test
  void whatIsWrittenGoesOutUnderTheStreamsNumber() throws Exception {
    StreamConnection connection = serve(new Channels(false));
    next(connection);
    ByteStream stdout = next(connection);
    assertThat(stdout.type()).isEqualTo("stdout");
    stdout.output().write(new byte[] {'o', 'k'});
    channel.runPendingTasks();
    WebSocketFrame sent = channel.readOutbound();
    assertThat(sent.content().readByte()).isEqualTo((byte) 1);
    assertThat(sent.content().toString(StandardCharsets.UTF_8)).isEqualTo("ok");
    sent.release();
  }

  @Test
  void aConnectionThatHoldsTooMuchIsNotReadUntilHalfIsGone() throws Exception {
    StreamConnection connection = serve(new Channels(true));
    ByteStream stdin = next(connection);
    byte[] much = new byte[StreamConnection.MAX_HELD_BYTES + 2];
    channel.writeInbound(new BinaryWebSocketFrame(Unpooled.wrappedBuffer(much)));
    assertThat(channel.config().isAutoRead()).isFalse();
    stdin.input().readNBytes(StreamConnection.MAX_HELD_BYTES / 4);
    assertThat(channel.config().isAutoRead()).isFalse();
    stdin.input().readNBytes(StreamConnection.MAX_HELD_BYTES / 2);
    assertThat(channel.config().isAutoRead()).isTrue();
  }

  @Test
  void aStreamThatNobodyReadsHoldsUpNobody() throws Exception {
    StreamConnection connection = serve(new Channels(true));
    next(connection).input().close();
    channel.writeInbound(
        new BinaryWebSocketFrame(
            Unpooled.wrappedBuffer(new byte[2 * StreamConnection.MAX_HELD_BYTES])));
    assertThat(channel.config().isAutoRead()).isTrue();
  }

  @Test
  void aClientThatLeavesEndsItsStreamsWithAnError() throws Exception {
    StreamConnection connection = serve(new Channels(true));
    ByteStream stdin = next(connection);
    channel.close();
    assertThatThrownBy(() -> stdin.input().read()).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> stdin.output().write('x')).isInstanceOf(PeerGoneException.class);
    assertThat(connection.accept(SOON)).isEmpty();
  }

  @Test
  void aSpdyStreamIsAnsweredWithAHeaderAndEndsOnBothSides() throws Exception {
    StreamConnection connection = serve(new SpdyStreams());
    open(1, "data");
    SpdySynReplyFrame reply = channel.readOutbound();
    assertThat(reply.headers().isEmpty()).isFalse();
    ByteStream data = next(connection);
    channel.writeInbound(
        new DefaultSpdyDataFrame(1, Unpooled.copiedBuffer("ask", StandardCharsets.UTF_8))
            .setLast(true));
    assertThat(data.input().readAllBytes()).isEqualTo("ask".getBytes(StandardCharsets.UTF_8));
    data.output().close();
    channel.runPendingTasks();
    SpdyDataFrame end = channel.readOutbound();
    assertThat(end.isLast()).isTrue();
    end.release();
  }

  @Test
  void aStreamThatTheClientResetsEndsWithAnError() throws Exception {
    StreamConnection connection = serve(new SpdyStreams());
    open(1, "data");
    ByteStream data = next(connection);
    channel.writeInbound(new DefaultSpdyRstStreamFrame(1, SpdyStreamStatus.CANCEL));
    assertThatThrownBy(() -> data.input().read()).hasMessageContaining("reset");
  }

  @Test
  void moreStreamsThanAConnectionMayHaveAreRefused() {
    serve(new SpdyStreams());
    for (int i = 0; i < StreamConnection.MAX_STREAMS; i++) {
      open(2 * i + 1, "data");
      assertThat(channel.<Object>readOutbound()).isInstanceOf(SpdySynReplyFrame.class);
    }
    open(2 * StreamConnection.MAX_STREAMS + 1, "data");
    SpdyRstStreamFrame refusal = channel.readOutbound();
    assertThat(refusal.status()).isEqualTo(SpdyStreamStatus.REFUSED_STREAM);
  }
}
