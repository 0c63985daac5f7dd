package dev.bellows.dataplane.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.core.revision.Protocol;
import dev.bellows.core.route.Address;
import dev.bellows.dataplane.raw.Backend;
import dev.bellows.dataplane.raw.Client;
import dev.bellows.dataplane.raw.Http2Peer;
import dev.bellows.dataplane.raw.Http2Peer.Frame;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * On streams of HTTP/2 too a side that does not take what the other sends stops the other, after a
 * bounded number of octets, and it stops nobody else.
 */
class Http2BackPressureTest extends ProxyFixture {
  private static final int BODY = 16 << 20;
  private static final int PIECE = 16 << 10;

  /**
   * Of one stream and direction: what the receiving side lets come, what the sending side has
   * unsent, and what the peer's own window takes (64 KiB here), at each hop.
   */
  private static final int HELD_PER_HOP =
      Limits.STREAM_WINDOW_BYTES + Limits.WRITE_HIGH_BYTES + Limits.READ_BYTES + (64 << 10);

  private Address hopsTo(int hops, Address target) throws IOException {
    return hops == 1 ? proxyTo(target) : twoHopsTo(target);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void stopsAnUpstreamWhoseClientOpensNoWindow(int hops) throws Exception {
    AtomicLong sent = new AtomicLong();
    try (Backend backend =
            new Backend(connection -> {
              Http2Peer peer = Http2Peer.server(connection);
              answer(peer, sent);
              peer.next(Http2Peer.GOAWAY);
            });
        Http2Peer client = Http2Peer.client(hopsTo(hops, backend.address()))) {
      client.get(1, "/");
      assertThat(client.decode(client.nextOf(1)).status()).hasToString("200");
      assertStalls(sent, hops);
      client.window(0, BODY);
      client.window(1, BODY);
      assertThat(drink(client, 1)).isEqualTo(BODY);
    }
  }

  /** Answers the next request with a long body, as far as the windows let it. */
  private static void answer(Http2Peer peer, AtomicLong sent) throws IOException {
    int stream = peer.next(Http2Peer.HEADERS).stream();
    peer.headers(stream, false, ":status", "200");
    send(peer, stream, sent);
  }

  /** Sends a long body as its windows allow. */
  private static void send(Http2Peer peer, int stream, AtomicLong sent) throws IOException {
    while (sent.get() < BODY) {
      peer.pour(stream, sent.get() + PIECE == BODY, PIECE);
      sent.addAndGet(PIECE);
    }
  }

  private static long drink(Http2Peer client, int stream) throws IOException {
    long drunk = 0;
    for (Frame frame = client.nextOf(stream); ; frame = client.nextOf(stream)) {
      drunk += frame.payload().length;
      if (frame.ends()) {
        return drunk;
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void stopsAClientWhoseUpstreamOpensNoWindow(int hops) throws Exception {
    AtomicLong sent = new AtomicLong();
    CountDownLatch read = new CountDownLatch(1);
    try (Backend backend =
            new Backend(connection -> {
              Http2Peer peer = Http2Peer.server(connection);
              int stream = peer.next(Http2Peer.HEADERS).stream();
              read.await();
              peer.window(0, BODY);
              peer.window(stream, BODY);
              long got = drink(peer, stream);
              peer.headers(stream, false, ":status", "200");
              peer.data(stream, true, "got " + got);
              peer.next(Http2Peer.GOAWAY);
            });
        Http2Peer client = Http2Peer.client(hopsTo(hops, backend.address()))) {
      client.headers(1, false, Http2Peer.request("POST", "/"));
      CountDownLatch poured = new CountDownLatch(1);
      Thread.ofVirtual()
          .start(() -> {
            try {
              send(client, 1, sent);
            } catch (IOException closed) {
              // The test has ended; its assertions say how.
            }
            poured.countDown();
          });
      assertStalls(sent, hops);
      read.countDown();
      poured.await();
      assertThat(client.response(1).body()).isEqualTo("got " + BODY);
    }
  }

  @Test
  void aStreamThatNobodyReadsStopsNoOther() throws Exception {
    AtomicLong[] sent = new AtomicLong[8];
    try (Backend backend =
            new Backend(connection -> {
              Http2Peer peer = Http2Peer.server(connection);
              peer.frame(Http2Peer.SETTINGS, 0, 0);
              while (true) {
                Frame head = peer.next(Http2Peer.HEADERS);
                if ("/other".contentEquals(peer.decode(head).path())) {
                  peer.headers(head.stream(), false, ":status", "200");
                  peer.data(head.stream(), true, "here");
                } else {
                  peer.headers(head.stream(), false, ":status", "200");
                  for (int octets = 0; octets < Limits.STREAM_WINDOW_BYTES; octets += PIECE) {
                    peer.frame(Http2Peer.DATA, 0, head.stream(), new byte[PIECE]);
                  }
                }
              }
            });
        Http2Peer other = Http2Peer.client(twoHopsTo(backend.address()))) {
      Address front = twoHopsTo(backend.address());
      try (Http2Peer stalled = Http2Peer.client(front);
          Http2Peer busy = Http2Peer.client(front)) {
        for (int i = 0; i < sent.length; i++) {
          stalled.get(2 * i + 1, "/stalled");
        }
        for (int i = 0; i < sent.length; i++) {
          stalled.next(Http2Peer.HEADERS);
        }
        busy.get(1, "/other");
        assertThat(busy.response(1).body()).isEqualTo("here");
      }
      other.get(1, "/other");
      assertThat(other.response(1).body()).isEqualTo("here");
    }
  }

  @Test
  void stopsAClientOfHttp11WhoseUpstreamIsAStream() throws Exception {
    AtomicLong sent = new AtomicLong();
    CountDownLatch read = new CountDownLatch(1);
    try (Backend backend =
            new Backend(connection -> {
              Http2Peer peer = Http2Peer.server(connection);
              int stream = peer.next(Http2Peer.HEADERS).stream();
              read.await();
              peer.window(0, BODY);
              peer.window(stream, BODY);
              long got = drink(peer, stream);
              peer.headers(stream, false, ":status", "200");
              peer.data(stream, true, "got " + got);
              peer.next(Http2Peer.GOAWAY);
            });
        Client client =
            new Client(
                listen(exchange ->
                    exchange.forward(
                        backend.address(), Protocol.H2C, FailureHandler.BAD_GATEWAY)))) {
      client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + BODY + "\r\n\r\n");
      Thread.ofVirtual()
          .start(() -> {
            try {
              byte[] piece = new byte[PIECE];
              while (sent.get() < BODY) {
                client.socket.getOutputStream().write(piece);
                sent.addAndGet(PIECE);
              }
            } catch (IOException closed) {
              // The test has ended; its assertions say how.
            }
          });
      // The kernel's buffers hold up to 6 MiB of the client's connection.
      assertStalls(sent, HELD_PER_HOP + (8 << 20), 1);
      read.countDown();
      assertThat(client.response().body()).isEqualTo("got " + BODY);
    }
  }

  private static void assertStalls(AtomicLong sent, int hops) {
    assertStalls(sent, HELD_PER_HOP, hops);
  }

  /** Waits until nothing more is taken, which is so when ten looks in a row see the same. */
  private static void assertStalls(AtomicLong sent, int perHop, int hops) {
    AtomicLong seen = new AtomicLong(-1);
    AtomicLong times = new AtomicLong();
    await()
        .pollInterval(Duration.ofMillis(20))
        .until(() -> {
          long now = sent.get();
          times.set(seen.getAndSet(now) == now && now > 0 ? times.get() + 1 : 0);
          return times.get() == 10;
        });
    assertThat(sent.get()).isBetween(1L, (long) perHop * hops);
  }
}
