package dev.bellows.dataplane.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.core.route.Address;
import dev.bellows.dataplane.raw.Client;
import dev.bellows.dataplane.raw.Http2Peer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpContent;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A crowd whose heads and bodies would use up the memory, each of them within its own bounds. */
class RequestMemoryTest extends ProxyFixture {
  /** A head that costs many times its octets, since each line is two texts. */
  private static final String MANY_LINES =
      "GET / HTTP/1.1\r\nHost: h\r\n" + "a:b\r\n".repeat(12_000);

  private static final int COST = MANY_LINES.length() + 12_000 * RequestMemory.LINE_BYTES;

  /** The heads of that kind that the engine's two loops have no room for. */
  private static final int TOO_MANY = (int) (2 * Limits.HEADS_PER_LOOP_BYTES / COST) + 2;

  @Test
  void closesTheHeadThatHasBeenComingForLongestWhenHeadsTakeTooMuch() {
    RequestMemory memory = new RequestMemory(100_000, 0);
    EmbeddedChannel first = new EmbeddedChannel();
    EmbeddedChannel second = new EmbeddedChannel();
    RequestMemory.Share longest = memory.share(first);
    RequestMemory.Share later = memory.share(second);
    longest.coming(9_000);
    later.coming(80_000);
    longest.coming(20_000);
    assertThat(first.isOpen()).isTrue();

    later.coming(80_001);

    assertThat(first.isOpen()).isFalse();
    assertThat(second.isOpen()).isTrue();
    assertThat(memory.heads()).isEqualTo(80_001);
    longest.giveBack();
    later.giveBack();
    assertThat(memory.heads()).isZero();
  }

  @Test
  void closesALargeHeadAndNoSmallOneUntilTheSmallTakeAsMuch() {
    RequestMemory memory = new RequestMemory(10_000, 0);
    EmbeddedChannel small = new EmbeddedChannel();
    EmbeddedChannel large = new EmbeddedChannel();
    memory.share(small).coming(5_000);
    memory.share(large).coming(9_000);
    assertThat(small.isOpen()).isTrue();
    assertThat(large.isOpen()).isFalse();

    memory.share(new EmbeddedChannel()).coming(5_001);

    assertThat(small.isOpen()).isFalse();
    assertThat(memory.heads()).isEqualTo(5_001);
  }

  @Test
  void refusesALargeHeadWhenThereIsNoRoomAndTakesASmallOne() {
    RequestMemory memory = new RequestMemory(100, 0);
    assertThat(memory.share(new EmbeddedChannel()).whole(100)).isTrue();
    RequestMemory.Share large = memory.share(new EmbeddedChannel());
    assertThat(large.whole(Limits.SMALL_HEAD_BYTES + 1)).isFalse();
    assertThat(memory.share(new EmbeddedChannel()).whole(Limits.SMALL_HEAD_BYTES)).isTrue();
  }

  @Test
  void answersAnHonestClientWhileACrowdNeverEndsItsHeads() throws IOException {
    Address proxy = listen(exchange -> exchange.answer(Answer.empty(204)));
    List<Client> crowd = new ArrayList<>();
    try {
      for (int i = 0; i < TOO_MANY; i++) {
        crowd.add(new Client(proxy).send(MANY_LINES));
      }
      assertThat(crowd.getFirst().closed()).isTrue();
      try (Client honest = new Client(proxy)) {
        assertThat(honest.get("/").response().status()).isEqualTo(204);
      }
    } finally {
      for (Client each : crowd) {
        each.close();
      }
    }
  }

  @Test
  void refusesLargeHeadsWhileOthersThatWaitTakeAllTheRoom() throws IOException {
    Address proxy =
        listen(exchange -> {
          if (exchange.request().uri().equals("/honest")) {
            exchange.answer(Answer.empty(204));
          }
        });
    List<Client> crowd = new ArrayList<>();
    try {
      for (int i = 0; i < TOO_MANY - 1; i++) {
        crowd.add(new Client(proxy).send(MANY_LINES + "\r\n"));
      }
      assertThat(refused(proxy)).isTrue();
      try (Client honest = new Client(proxy)) {
        assertThat(honest.get("/honest").response().status()).isEqualTo(204);
      }
    } finally {
      for (Client each : crowd) {
        each.close();
      }
    }
    await()
        .untilAsserted(() -> {
          try (Client large = new Client(proxy)) {
            large.send(MANY_LINES.replace("GET /", "GET /honest") + "\r\n");
            assertThat(large.response().status()).isEqualTo(204);
          }
        });
  }

  @Test
  void refusesALargeHeadOfHttp2WhenThereIsNoRoom() throws IOException {
    Address proxy = listen(exchange -> {});
    try (Http2Peer client = Http2Peer.client(proxy)) {
      List<String> head = new ArrayList<>(List.of(Http2Peer.request("GET", "/")));
      for (int i = 0; i < 1000; i++) {
        head.addAll(List.of("a", "b"));
      }
      String[] lines = head.toArray(String[]::new);
      // One connection, so one loop.
      int tooMany = (int) (Limits.HEADS_PER_LOOP_BYTES / (1000 * RequestMemory.LINE_BYTES)) + 1;
      assertThat(tooMany).isLessThan(Limits.STREAMS_PER_CONNECTION);
      for (int i = 0; i < tooMany; i++) {
        client.headers(2 * i + 1, true, lines);
      }
      assertThat(client.decode(client.next(Http2Peer.HEADERS)).status()).hasToString("503");
    }
  }

  @Test
  void countsFramesOfHttp2ThatHaveNotComeWhole() {
    RequestMemory memory = new RequestMemory(1000, 0);
    EmbeddedChannel channel = new EmbeddedChannel(new FrameWatch(memory));
    feed(channel, Http2Peer.PREFACE.getBytes(StandardCharsets.US_ASCII));
    assertThat(memory.heads()).isZero();
    byte[] data = Http2Peer.encode(Http2Peer.DATA, 0, 1, new byte[500]);
    for (int at = 0; at < data.length; at++) {
      feed(channel, data[at]);
      assertThat(memory.heads()).isEqualTo(at + 1 == data.length ? 0 : at + 1);
    }
    feed(channel, Http2Peer.encode(Http2Peer.HEADERS, 0, 1, new byte[300]));
    feed(channel, Http2Peer.encode(Http2Peer.CONTINUATION, 0, 1, new byte[300]));
    assertThat(memory.heads()).isEqualTo(600);
    feed(channel, Http2Peer.encode(Http2Peer.CONTINUATION, Http2Peer.END_HEADERS, 1, (byte) 0));
    assertThat(memory.heads()).isZero();
    assertThat(channel.isOpen()).isTrue();
    channel.finishAndReleaseAll();
  }

  @Test
  void closesAConnectionOfHttp2WhoseHeadDoesNotEndInTime() {
    EmbeddedChannel channel = new EmbeddedChannel(new FrameWatch(new RequestMemory(1000, 0)));
    channel.freezeTime();
    feed(channel, Http2Peer.PREFACE.getBytes(StandardCharsets.US_ASCII));
    feed(channel, Http2Peer.encode(Http2Peer.DATA, 0, 1, new byte[500]));
    channel.advanceTimeBy(2 * Limits.HEAD_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
    channel.runScheduledPendingTasks();
    assertThat(channel.isOpen()).isTrue();

    feed(channel, Http2Peer.encode(Http2Peer.HEADERS, 0, 3, new byte[30]));
    channel.advanceTimeBy(Limits.HEAD_TIMEOUT.toSeconds() - 1, TimeUnit.SECONDS);
    feed(channel, Http2Peer.encode(Http2Peer.CONTINUATION, 0, 3, new byte[30]));
    channel.runScheduledPendingTasks();
    assertThat(channel.isOpen()).isTrue();
    channel.advanceTimeBy(2, TimeUnit.SECONDS);
    channel.runScheduledPendingTasks();
    assertThat(channel.isOpen()).isFalse();
    channel.finishAndReleaseAll();
  }

  @Test
  void readsNoFurtherOfBodiesThatWaitWhenAllTogetherHaveTakenTheirPart() {
    RequestMemory memory = new RequestMemory(0, 10_000);
    RequestBody first = new RequestBody(memory);
    RequestBody second = new RequestBody(memory);
    first.take(new DefaultHttpContent(Unpooled.wrappedBuffer(new byte[9_000])), null);
    assertThat(second.hasRoom()).isTrue();
    second.take(new DefaultHttpContent(Unpooled.wrappedBuffer(new byte[1])), null);
    assertThat(second.hasRoom()).isFalse();

    first.release();

    assertThat(second.hasRoom()).isTrue();
    second.release();
    assertThat(memory.hasRoom()).isTrue();
  }

  @Test
  void readsInSmallPiecesWhileThereIsNoRoom() {
    RequestMemory memory = new RequestMemory(0, 10_000);
    RecvByteBufAllocator.ExtendedHandle reads = new FrugalReads(memory).newHandle();
    for (int i = 0; i < 5; i++) {
      reads.attemptedBytesRead(reads.guess());
      reads.lastBytesRead(reads.guess());
      reads.readComplete();
    }
    assertThat(capacityOf(reads)).isEqualTo(Limits.READ_BYTES);

    memory.hold(10_000);

    assertThat(capacityOf(reads)).isEqualTo(2048);
  }

  private static int capacityOf(RecvByteBufAllocator.ExtendedHandle reads) {
    ByteBuf buffer = reads.allocate(UnpooledByteBufAllocator.DEFAULT);
    int capacity = buffer.capacity();
    buffer.release();
    return capacity;
  }

  /** Whether one more is answered 503, or cut off before its end has been read. */
  private static boolean refused(Address proxy) throws IOException {
    try (Client late = new Client(proxy)) {
      return late.send(MANY_LINES + "\r\n").response().status() == 503;
    } catch (SocketException | EOFException cut) {
      return true;
    }
  }

  private static void feed(EmbeddedChannel channel, byte... octets) {
    channel.writeInbound(Unpooled.wrappedBuffer(octets));
  }
}
