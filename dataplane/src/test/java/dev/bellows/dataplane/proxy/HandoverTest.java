package dev.bellows.dataplane.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.core.revision.Protocol;
import dev.bellows.core.route.Address;
import dev.bellows.dataplane.raw.Backend;
import dev.bellows.dataplane.raw.Client;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;

/** What becomes of a request that one role has handed to another, when either of them ends. */
class HandoverTest extends ProxyFixture {
  private final BlockingQueue<End> ends = new LinkedBlockingQueue<>();

  @Test
  void aListenerThatDrainsFinishesWhatItWasHanded() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch answer = new CountDownLatch(1);
    try (Backend backend =
        new Backend(connection -> {
          connection.head();
          asked.countDown();
          answer.await();
          connection.ok("done");
        })) {
      Listener second = second(backend.address());
      try (Client client = new Client(proxyTo(second.address()))) {
        client.get("/");
        asked.await();
        CompletableFuture<Void> drained = second.drain().toCompletableFuture();
        assertThat(drained).isNotDone();
        answer.countDown();
        assertThat(client.response().body()).isEqualTo("done");
        drained.join();
        assertThat(ends.take()).isEqualTo(End.COMPLETE);
        assertThat(client.get("/more").response().status()).as("nobody is there").isEqualTo(502);
      }
    }
  }

  @Test
  void aListenerThatClosesCutsWhatItWasHanded() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    try (Backend backend =
        new Backend(connection -> {
          connection.head();
          asked.countDown();
          connection.in.read(); // until the proxy closes
        })) {
      Listener second = second(backend.address());
      try (Client client = new Client(proxyTo(second.address()))) {
        client.get("/");
        asked.await();
        second.close();
        Client.Response response = client.response();
        assertThat(response.status()).isEqualTo(502);
        assertThat(response.body()).isEqualTo("EOF\n");
        assertThat(ends.take()).isEqualTo(End.CLIENT_LEFT);
      }
    }
  }

  @Test
  void aClientThatLeavesTheFirstHasLeftTheSecond() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch left = new CountDownLatch(1);
    try (Backend backend =
            new Backend(connection -> {
              connection.head();
              asked.countDown();
              connection.in.read();
              left.countDown();
            });
        Client client = new Client(proxyTo(second(backend.address()).address()))) {
      client.get("/");
      asked.await();
      client.socket.close();
      assertThat(ends.take()).isEqualTo(End.CLIENT_LEFT);
      left.await();
    }
  }

  @Test
  void whatASecondRoleAnswersByItselfPassesTheFirst() throws IOException {
    Address second = listen(exchange -> exchange.answer(Answer.error(503, "no room")));
    try (Client client = new Client(proxyTo(second))) {
      Client.Response response =
          client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc").response();
      assertThat(response.status()).isEqualTo(503);
      assertThat(response.body()).isEqualTo("no room\n");
      assertThat(client.get("/again").response().body()).isEqualTo("no room\n");
      client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(client.head().header("content-length")).isEqualTo("8");
      assertThat(client.get("/after").response().body()).as("HEAD has none").isEqualTo("no room\n");
    }
  }

  @Test
  void requestsSentAheadAreAnsweredInOrder() throws IOException {
    try (Backend backend = Backend.echoingHeads();
        Client client = new Client(twoHopsTo(backend.address()))) {
      client.get("/1").get("/2").get("/3");
      for (int i = 1; i <= 3; i++) {
        assertThat(client.response().body()).startsWith("GET /" + i + " ");
      }
    }
  }

  @Test
  void thereAreNoMoreThanTheLimit() {
    Handovers handovers = new Handovers();
    Listener listener = new Listener(engine, new Address("127.0.0.1", 1), List.of(), 1);
    LoopState loop = engine.states().iterator().next();
    Handover first = new Handover(listener, loop, Protocol.HTTP1);
    assertThat(handovers.add(first)).isTrue();
    for (int i = 1; i < Limits.HANDED_OVER_PER_LOOP; i++) {
      assertThat(handovers.add(new Handover(listener, loop, Protocol.HTTP1))).isTrue();
    }
    assertThat(handovers.add(new Handover(listener, loop, Protocol.HTTP1))).isFalse();
    handovers.remove(first);
    assertThat(handovers.add(first)).isTrue();
    assertThat(handovers.whenNone().toCompletableFuture()).isNotDone();
  }

  private Listener second(Address backend) throws IOException {
    return engine.listen(
        "127.0.0.1",
        0,
        List.of(exchange -> {
          exchange.onEnd((_, end) -> ends.add(end));
          exchange.forward(backend);
        }));
  }
}
