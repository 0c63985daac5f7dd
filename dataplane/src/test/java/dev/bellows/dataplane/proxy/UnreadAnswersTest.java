package dev.bellows.dataplane.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bellows.core.route.Address;
import dev.bellows.dataplane.raw.Backend;
import dev.bellows.dataplane.raw.Client;
import dev.bellows.dataplane.raw.Http2Peer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A crowd that asks for much and reads nothing, each client within its own bounds. */
class UnreadAnswersTest extends ProxyFixture {
  private static final int BOUND = 4 << 20;

  /** More than the kernel takes of it. */
  private static final byte[] LARGE = new byte[8 << 20];

  private static final int PIECE = 16 << 10;

  /** More than there is room for, each of whom leaves at least a full write buffer unsent. */
  private static final int CROWD = 2 * BOUND / Limits.WRITE_HIGH_BYTES;

  private final ProxyEngine small = new ProxyEngine(LOOPS, System::nanoTime, BOUND);

  @AfterEach
  void closeIt() {
    small.close();
  }

  private static final class Reader implements UnreadAnswers.Client {
    private long unsent;
    private boolean cut;

    Reader(long unsent) {
      this.unsent = unsent;
    }

    @Override
    public long unsentBytes() {
      return unsent;
    }

    @Override
    public void cut() {
      cut = true;
    }
  }

  @Test
  void closesThoseWhoHaveTakenNothingForLongest() {
    UnreadAnswers unread = new UnreadAnswers(1000);
    Reader first = new Reader(400);
    Reader reads = new Reader(400);
    Reader second = new Reader(100);
    List.of(first, reads, second).forEach(unread::flushed);
    reads.unsent = 300;

    Reader last = new Reader(300);
    unread.flushed(last);

    assertThat(first.cut).isTrue();
    assertThat(List.of(reads, second, last)).noneMatch(each -> each.cut);
    assertThat(unread.total()).isEqualTo(700);
  }

  @Test
  void forgetsWhoHasReadAllAndWhoHasGone() {
    UnreadAnswers unread = new UnreadAnswers(1000);
    Reader reads = new Reader(600);
    Reader leaves = new Reader(300);
    unread.flushed(reads);
    unread.flushed(leaves);
    reads.unsent = 0;
    unread.flushed(reads);
    unread.forget(leaves);
    assertThat(unread.total()).isZero();
  }

  @Test
  void answersAnHonestClientWhileACrowdReadsNothing() throws Exception {
    List<Socket> crowd = new ArrayList<>();
    try (Backend backend =
        new Backend(connection -> {
          if (connection.head().contains("/large")) {
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + LARGE.length + "\r\n\r\n");
            connection.out.write(LARGE);
          } else {
            connection.ok("here");
          }
        })) {
      Address proxy = small(exchange -> exchange.forward(backend.address()));
      for (int i = 0; i < CROWD; i++) {
        crowd.add(asksAndDoesNotRead(proxy));
      }
      awaitClosed(() -> crowd.getFirst().getOutputStream().write('\n'));
      try (Client honest = new Client(proxy)) {
        assertThat(honest.get("/small").response().body()).isEqualTo("here");
      }
    } finally {
      for (Socket each : crowd) {
        each.close();
      }
    }
    await().until(() -> small.states().stream().allMatch(each -> each.unread().total() == 0));
  }

  @Test
  void closesAConnectionOfHttp2WhoseStreamsNobodyReads() throws Exception {
    int streams = 100;
    List<Http2Peer> crowd = new ArrayList<>();
    try (Backend backend =
        new Backend(connection -> {
          Http2Peer peer = Http2Peer.server(connection);
          peer.frame(Http2Peer.SETTINGS, 0, 0);
          while (true) {
            int stream = peer.next(Http2Peer.HEADERS).stream();
            peer.headers(stream, false, ":status", "200");
            for (int sent = 0; sent < Limits.STREAM_WINDOW_BYTES; sent += PIECE) {
              peer.frame(Http2Peer.DATA, 0, stream, new byte[PIECE]);
            }
          }
        })) {
      Address proxy = small(exchange -> exchange.forward(backend.address()));
      for (int i = 0; i < 3; i++) {
        Http2Peer client = Http2Peer.client(proxy);
        crowd.add(client);
        for (int stream = 1; stream < 2 * streams; stream += 2) {
          client.get(stream, "/");
        }
      }
      awaitClosed(() -> crowd.getFirst().frame(Http2Peer.PING, 0, 0, new byte[8]));
    } finally {
      for (Http2Peer each : crowd) {
        each.close();
      }
    }
  }

  private Address small(Stage stage) throws IOException {
    return small.listen("127.0.0.1", 0, List.of(stage)).address();
  }

  private static Socket asksAndDoesNotRead(Address proxy) throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(4096);
    socket.connect(new InetSocketAddress(InetAddress.ofLiteral(proxy.ip()), proxy.port()));
    socket
        .getOutputStream()
        .write("GET /large HTTP/1.1\r\nHost: h\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  private interface Sending {
    void send() throws IOException;
  }

  /** What is unread hides the end of a connection from who reads, but not from who writes. */
  private static void awaitClosed(Sending probe) {
    await()
        .atMost(Duration.ofMinutes(1))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> {
          try {
            probe.send();
            return false;
          } catch (IOException e) {
            return true;
          }
        });
  }
}
