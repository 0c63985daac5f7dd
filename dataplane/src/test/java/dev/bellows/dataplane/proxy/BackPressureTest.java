package dev.bellows.dataplane.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.core.route.Address;
import dev.bellows.dataplane.raw.Backend;
import dev.bellows.dataplane.raw.Client;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A side that does not take what the other sends stops the other, whatever lies between: the
 * engine's buffers are bounded, the kernel's are, and nothing else holds bytes.
 */
class BackPressureTest extends ProxyFixture {
  private static final int BODY = 64 << 20;
  private static final int PIECE = 64 << 10;

  /** Kernel buffers of up to three connections (6 MiB each at most here) and the engine's own. */
  private static final int HELD_AT_MOST = 24 << 20;

  private Address hopsTo(int hops, Address target) throws IOException {
    return hops == 1 ? proxyTo(target) : twoHopsTo(target);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void stopsAnUpstreamWhoseClientDoesNotRead(int hops) throws Exception {
    AtomicLong sent = new AtomicLong();
    try (Backend backend =
            new Backend(connection -> {
              connection.head();
              connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + BODY + "\r\n\r\n");
              pour(connection.out, sent);
            });
        Client client = new Client(hopsTo(hops, backend.address()))) {
      assertThat(client.get("/").head().status()).isEqualTo(200);
      assertStalls(sent);
      assertThat(drink(client, BODY)).isEqualTo(BODY);
      assertThat(sent).hasValue(BODY);
      assertThat(client.get("/again").head().status()).as("the connection lives on").isPositive();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void stopsAClientWhoseUpstreamDoesNotRead(int hops) throws Exception {
    AtomicLong sent = new AtomicLong();
    CountDownLatch read = new CountDownLatch(1);
    try (Backend backend =
            new Backend(connection -> {
              connection.head();
              read.await();
              connection.in.skipNBytes(BODY);
              connection.ok("got it");
            });
        Client client = new Client(hopsTo(hops, backend.address()))) {
      client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + BODY + "\r\n\r\n");
      Thread.ofVirtual().start(() -> pourQuietly(client, sent));
      assertStalls(sent);
      read.countDown();
      assertThat(client.response().body()).isEqualTo("got it");
      assertThat(sent).hasValue(BODY);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void holdsABoundedPartOfABodyWhileAStageWaits(int hops) throws Exception {
    AtomicLong sent = new AtomicLong();
    AtomicReference<Exchange> held = new AtomicReference<>();
    Semaphore arrived = new Semaphore(0);
    try (Backend backend =
        new Backend(connection -> {
          connection.head();
          connection.in.skipNBytes(BODY);
          connection.ok("got it");
        })) {
      Address waiting =
          listen(
              exchange -> {
                held.set(exchange);
                arrived.release();
              },
              exchange -> exchange.forward(backend.address()));
      try (Client client = new Client(hops == 1 ? waiting : proxyTo(waiting))) {
        client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + BODY + "\r\n\r\n");
        Thread.ofVirtual().start(() -> pourQuietly(client, sent));
        arrived.acquire();
        assertStalls(sent);
        Exchange exchange = held.get();
        exchange.loop().execute(exchange::proceed);
        assertThat(client.response().body()).isEqualTo("got it");
      }
    }
  }

  /** Waits until nothing more is taken, which is so when two looks in a row see the same. */
  private static void assertStalls(AtomicLong sent) {
    AtomicLong seen = new AtomicLong(-1);
    AtomicLong times = new AtomicLong();
    await()
        .pollInterval(java.time.Duration.ofMillis(20))
        .until(() -> {
          long now = sent.get();
          times.set(seen.getAndSet(now) == now && now > 0 ? times.get() + 1 : 0);
          return times.get() == 10;
        });
    assertThat(sent.get()).isBetween(1L, (long) HELD_AT_MOST);
  }

  private static void pour(OutputStream out, AtomicLong sent) throws IOException {
    byte[] piece = new byte[PIECE];
    while (sent.get() < BODY) {
      out.write(piece);
      sent.addAndGet(piece.length);
    }
  }

  private static void pourQuietly(Client client, AtomicLong sent) {
    try {
      pour(client.socket.getOutputStream(), sent);
    } catch (IOException closed) {
      // The test has ended; its assertions say how.
    }
  }

  private static long drink(Client client, long length) throws IOException {
    client.in.skipNBytes(length);
    return length;
  }
}
