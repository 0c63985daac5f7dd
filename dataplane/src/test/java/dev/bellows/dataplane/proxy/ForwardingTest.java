package dev.bellows.dataplane.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.core.route.Address;
import dev.bellows.dataplane.raw.Backend;
import dev.bellows.dataplane.raw.Client;
import dev.bellows.dataplane.raw.ClosedPort;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ForwardingTest extends ProxyFixture {
  @Test
  void forwardsARequestAndItsResponse() throws IOException {
    try (Backend backend = Backend.echoingHeads();
        Client client = new Client(proxyTo(backend.address()))) {
      Client.Response response = client.get("/path?q=1").response();
      assertThat(response.head()).isEqualTo("HTTP/1.1 200 OK\r\nContent-Length: 70");
      assertThat(response.body())
          .isEqualTo("GET /path?q=1 HTTP/1.1\r\nHost: test.example\r\nX-Forwarded-For: 127.0.0.1");
    }
  }

  @Test
  void passesThroughTwoRolesOfOneJvmAsThroughTwoSockets() throws IOException {
    try (Backend backend = Backend.echoingHeads();
        Client client = new Client(twoHopsTo(backend.address()))) {
      for (int i = 0; i < 3; i++) {
        assertThat(client.get("/" + i).response().body())
            .isEqualTo(
                "GET /%d HTTP/1.1\r\nHost: test.example\r\nX-Forwarded-For: 127.0.0.1, 127.0.0.1"
                    .formatted(i));
      }
      assertThat(backend.accepted).hasValue(1);
    }
  }

  @Test
  void answersInTheOriginalsWordsWhenNobodyListens() throws IOException {
    try (ClosedPort closed = new ClosedPort();
        Client client = new Client(proxyTo(closed.address()))) {
      Client.Response response = client.get("/").response();
      assertThat(response.status()).isEqualTo(502);
      assertThat(response.body())
          .isEqualTo("dial tcp " + closed.address() + ": connect: connection refused\n");
      assertThat(response.header("x-content-type-options")).isEqualTo("nosniff");
      assertThat(client.get("/").response().status()).as("the connection lives on").isEqualTo(502);
    }
  }

  @Test
  void mayTryAnotherTargetWhenNothingWasSent() throws IOException {
    try (ClosedPort closed = new ClosedPort();
        Backend backend = Backend.echoingHeads();
        Client client =
            new Client(
                listen(exchange ->
                    exchange.forward(
                        closed.address(),
                        (failed, failure) -> {
                          assertThat(failure.unsent()).isTrue();
                          failed.forward(backend.address());
                        })))) {
      client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
      assertThat(client.response().status()).isEqualTo(200);
      assertThat(backend.heads.getFirst()).endsWith("X-Forwarded-For: 127.0.0.1");
    }
  }

  @Test
  void takesOffWhatConcernsAConnectionAndNothingElse() throws IOException {
    try (Backend backend =
            new Backend(connection -> {
              connection.head();
              connection.send(
                  "HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5"
                      + "\r\nX-End: 2\r\nContent-Length: 0\r\n\r\n");
            });
        Client client = new Client(proxyTo(backend.address()))) {
      client.send(
          "GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, X-Hop, Host\r\nX-Hop: 1"
              + "\r\nKeep-Alive: 5\r\nProxy-Authorization: secret\r\nTE: trailers, deflate"
              + "\r\nX-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 2.2.2.2\r\nX-End: 2\r\n\r\n");
      assertThat(client.response().head())
          .isEqualTo("HTTP/1.1 200 OK\r\nX-End: 2\r\nContent-Length: 0");
      assertThat(backend.heads)
          .containsExactly(
              "GET / HTTP/1.1\r\nHost: h\r\nX-End: 2\r\nTE: trailers"
                  + "\r\nX-Forwarded-For: 1.1.1.1, 2.2.2.2, 127.0.0.1");
    }
  }

  @Test
  void holdsARequestWithoutAThreadUntilAStageHandsItOn() throws Exception {
    AtomicReference<Exchange> held = new AtomicReference<>();
    CountDownLatch arrived = new CountDownLatch(1);
    try (Backend backend = Backend.echoingHeads();
        Client client =
            new Client(
                listen(
                    exchange -> {
                      held.set(exchange);
                      arrived.countDown();
                    },
                    exchange -> exchange.forward(backend.address())))) {
      client.get("/held");
      arrived.await();
      assertThat(backend.accepted).hasValue(0);
      Exchange exchange = held.get();
      exchange.loop().execute(exchange::proceed);
      assertThat(client.response().status()).isEqualTo(200);
    }
  }

  @Test
  void tellsAWaitingStageOnceThatTheClientHasLeft() throws Exception {
    AtomicReference<Exchange> held = new AtomicReference<>();
    AtomicReference<End> end = new AtomicReference<>();
    CountDownLatch ended = new CountDownLatch(1);
    Address proxy =
        listen(exchange -> {
          held.set(exchange);
          exchange.onEnd((over, how) -> {
            assertThat(end.getAndSet(how)).isNull();
            ended.countDown();
          });
        });
    Client client =
        new Client(proxy).send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nab");
    await().until(() -> held.get() != null);
    client.close();
    ended.await();
    assertThat(end).hasValue(End.CLIENT_LEFT);
    Exchange exchange = held.get();
    CountDownLatch late = new CountDownLatch(1);
    exchange
        .loop()
        .submit(() -> {
          exchange.forward(new Address("127.0.0.1", 1));
          exchange.answer(Answer.empty(200));
          exchange.onEnd((over, how) -> late.countDown());
        })
        .sync();
    late.await();
  }

  @Test
  void breaksOffUpstreamWhenTheClientLeaves() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch noticed = new CountDownLatch(1);
    try (Backend backend =
        new Backend(connection -> {
          connection.head();
          asked.countDown();
          if (connection.in.read() < 0) {
            noticed.countDown();
          }
        })) {
      Client client = new Client(twoHopsTo(backend.address())).get("/");
      asked.await();
      client.close();
      noticed.await();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void passesEachServerSentEventOnAsItComes(int hops) throws Exception {
    Semaphore seen = new Semaphore(0);
    try (Backend backend =
            new Backend(connection -> {
              connection.head();
              connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
              for (int i = 0; i < 3; i++) {
                connection.send("data: " + i + "\n\n");
                seen.acquire(); // no further event until the client has this one
              }
            });
        Client client =
            new Client(hops == 1 ? proxyTo(backend.address()) : twoHopsTo(backend.address()))) {
      assertThat(client.get("/").head().header("transfer-encoding")).isEqualTo("chunked");
      for (int i = 0; i < 3; i++) {
        assertThat(Integer.parseInt(client.line(), 16)).isEqualTo(9);
        assertThat(new String(client.in.readNBytes(9), StandardCharsets.UTF_8))
            .isEqualTo("data: " + i + "\n\n");
        client.line();
        seen.release();
      }
      assertThat(client.line()).as("the end").isEqualTo("0");
    }
  }

  @Test
  void answersWhatAStageThrowsWith500() throws IOException {
    try (Client client =
        new Client(
            listen(exchange -> {
              throw new IllegalStateException("on purpose, for a test");
            }))) {
      assertThat(client.get("/").response().status()).isEqualTo(500);
    }
  }

  @Test
  void finishesWhatItHasBegunWhenAListenerDrains() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch answer = new CountDownLatch(1);
    try (Backend backend =
        new Backend(connection -> {
          connection.head();
          asked.countDown();
          answer.await();
          connection.ok("done");
        })) {
      Listener listener =
          engine.listen(
              "127.0.0.1", 0, java.util.List.of(exchange -> exchange.forward(backend.address())));
      try (Client busy = new Client(listener.address());
          Client idle = new Client(listener.address())) {
        await().until(() -> listener.connectionCount() == 2);
        busy.get("/");
        asked.await();
        var drained = listener.drain().toCompletableFuture();
        assertThat(idle.closed()).isTrue();
        assertThat(drained).isNotDone();
        answer.countDown();
        Client.Response response = busy.response();
        assertThat(response.body()).isEqualTo("done");
        assertThat(response.header("connection")).isEqualTo("close");
        drained.join();
      }
    }
  }
}
