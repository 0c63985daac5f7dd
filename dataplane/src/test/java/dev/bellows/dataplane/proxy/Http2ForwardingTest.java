package dev.bellows.dataplane.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.core.revision.Protocol;
import dev.bellows.core.route.Address;
import dev.bellows.dataplane.raw.Backend;
import dev.bellows.dataplane.raw.Client;
import dev.bellows.dataplane.raw.Http2Peer;
import dev.bellows.dataplane.raw.Http2Peer.Frame;
import dev.bellows.dataplane.raw.Http2Peer.Response;
import io.netty.handler.codec.http2.Http2Headers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes through the engine in HTTP/2 comes out as HTTP/2, and every frame that counts. */
class Http2ForwardingTest extends ProxyFixture {

  /** A target that answers each stream with its path and body, once the request has ended. */
  private static Backend echo(BlockingQueue<Http2Headers> heads) throws Exception {
    return new Backend(connection -> {
      Http2Peer peer = Http2Peer.server(connection);
      java.util.Map<Integer, StringBuilder> bodies = new java.util.HashMap<>();
      while (true) {
        Frame frame = peer.next(each -> each.stream() > 0 && each.type() <= Http2Peer.HEADERS);
        StringBuilder body = bodies.computeIfAbsent(frame.stream(), id -> new StringBuilder());
        if (frame.type() == Http2Peer.HEADERS) {
          Http2Headers head = peer.decode(frame);
          heads.add(head);
          if (head.path() != null) {
            body.append(head.path()).append(' ');
          }
        } else {
          body.append(frame.text());
        }
        if (frame.ends()) {
          peer.headers(frame.stream(), false, ":status", "200", "x-from", "target");
          peer.data(frame.stream(), true, bodies.remove(frame.stream()).toString());
        }
      }
    });
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void passesARequestOnInTheProtocolInWhichItCame(int hops) throws Exception {
    BlockingQueue<Http2Headers> heads = new LinkedBlockingQueue<>();
    try (Backend backend = echo(heads);
        Http2Peer client =
            Http2Peer.client(
                hops == 1 ? proxyTo(backend.address()) : twoHopsTo(backend.address()))) {
      client.headers(
          1,
          true,
          ":method",
          "GET",
          ":scheme",
          "http",
          ":path",
          "/a?b",
          ":authority",
          "h.example:80",
          "cookie",
          "a=1",
          "cookie",
          "b=2",
          "te",
          "trailers",
          "x-many",
          "1",
          "x-many",
          "2");
      Response response = client.response(1);
      assertThat(response.status()).isEqualTo(200);
      assertThat(response.body()).isEqualTo("/a?b ");
      assertThat(response.header("x-from")).isEqualTo("target");
      Http2Headers head = heads.take();
      assertThat(head.method()).hasToString("GET");
      assertThat(head.authority()).hasToString("h.example:80");
      assertThat(head.get("te")).hasToString("trailers");
      assertThat(head.get("cookie")).hasToString("a=1; b=2");
      assertThat(head.getAll("x-many")).hasToString("[1, 2]");
      assertThat(head.get("host")).isNull();
      assertThat(head.get("x-forwarded-for"))
          .hasToString(hops == 1 ? "127.0.0.1" : "127.0.0.1, 127.0.0.1");
    }
  }

  @Test
  void carriesManyStreamsOverOneConnectionAndKeepsItForTheNext() throws Exception {
    BlockingQueue<Http2Headers> heads = new LinkedBlockingQueue<>();
    try (Backend backend = echo(heads);
        Http2Peer client = Http2Peer.client(proxyTo(backend.address()))) {
      for (int stream = 1; stream < 101; stream += 2) {
        client.headers(stream, false, Http2Peer.request("POST", "/" + stream));
      }
      for (int stream = 99; stream > 0; stream -= 2) {
        client.data(stream, true, "body");
        assertThat(client.response(stream).body()).isEqualTo("/" + stream + " body");
      }
      client.get(101, "/again");
      assertThat(client.response(101).status()).isEqualTo(200);
      assertThat(backend.accepted).hasValue(1);
    }
  }

  @Test
  void takesAnotherConnectionWhenTheTargetAllowsNoMoreStreams() throws Exception {
    CountDownLatch bothThere = new CountDownLatch(2);
    try (Backend backend =
            new Backend(connection -> {
              Http2Peer peer = Http2Peer.server(connection);
              peer.frame(Http2Peer.SETTINGS, 0, 0, new byte[] {0, 3, 0, 0, 0, 1}); // one stream
              while (true) {
                Frame head = peer.next(Http2Peer.HEADERS);
                if (!"/first".contentEquals(peer.decode(head).path())) {
                  bothThere.countDown();
                  bothThere.await();
                }
                peer.headers(head.stream(), true, ":status", "204");
              }
            });
        Http2Peer client = Http2Peer.client(proxyTo(backend.address()))) {
      client.get(1, "/first");
      assertThat(client.response(1).status()).isEqualTo(204);
      client.get(3, "/a").get(5, "/b");
      for (int i = 0; i < 2; i++) {
        assertThat(client.decode(client.next(Http2Peer.HEADERS)).status()).hasToString("204");
      }
      assertThat(backend.accepted).hasValue(2);
    }
  }

  @Test
  void passesInterimResponsesAndTrailersOnAndKeepsTheFinalStatus() throws Exception {
    try (Backend backend =
            new Backend(connection -> {
              Http2Peer peer = Http2Peer.server(connection);
              int stream = peer.next(Http2Peer.HEADERS).stream();
              peer.headers(stream, false, ":status", "103", "link", "</style.css>");
              peer.headers(stream, false, ":status", "418");
              peer.data(stream, false, "short and stout");
              peer.headers(stream, true, "grpc-status", "0", "x-trailer", "t");
              peer.next(Http2Peer.GOAWAY);
            });
        Http2Peer client = Http2Peer.client(proxyTo(backend.address()))) {
      client.get(1, "/");
      Http2Headers early = client.decode(client.nextOf(1));
      assertThat(early.status()).hasToString("103");
      assertThat(early.get("link")).hasToString("</style.css>");
      Response response = client.response(1);
      assertThat(response.status()).isEqualTo(418);
      assertThat(response.body()).isEqualTo("short and stout");
      assertThat(response.trailers().get("grpc-status")).hasToString("0");
      assertThat(response.trailers().get("x-trailer")).hasToString("t");
    }
  }

  @Test
  void passesTrailersOfARequestOn() throws Exception {
    BlockingQueue<Http2Headers> heads = new LinkedBlockingQueue<>();
    try (Backend backend = echo(heads);
        Http2Peer client = Http2Peer.client(proxyTo(backend.address()))) {
      client.headers(1, false, Http2Peer.request("POST", "/"));
      client.data(1, false, "body");
      client.headers(1, true, "x-sum", "abc");
      assertThat(client.response(1).body()).isEqualTo("/ body");
      heads.take();
      assertThat(heads.take().get("x-sum")).hasToString("abc");
    }
  }

  @Test
  void tellsTheTargetThatTheClientHasCancelled() throws Exception {
    CompletableFuture<Integer> cancelled = new CompletableFuture<>();
    CountDownLatch arrived = new CountDownLatch(1);
    try (Backend backend =
            new Backend(connection -> {
              Http2Peer peer = Http2Peer.server(connection);
              peer.next(Http2Peer.HEADERS);
              arrived.countDown();
              cancelled.complete(peer.next(Http2Peer.RST_STREAM).code());
            });
        Http2Peer client = Http2Peer.client(twoHopsTo(backend.address()))) {
      client.headers(1, false, Http2Peer.request("POST", "/"));
      arrived.await();
      client.reset(1, Http2Peer.CANCEL);
      assertThat(cancelled.join()).isEqualTo(Http2Peer.CANCEL);
    }
  }

  @Test
  void tellsTheClientThatTheTargetHasBrokenTheResponseOff() throws Exception {
    try (Backend backend =
            new Backend(connection -> {
              Http2Peer peer = Http2Peer.server(connection);
              int stream = peer.next(Http2Peer.HEADERS).stream();
              peer.headers(stream, false, ":status", "200");
              peer.data(stream, false, "some of");
              peer.reset(stream, Http2Peer.CANCEL);
              peer.next(Http2Peer.GOAWAY);
            });
        Http2Peer client = Http2Peer.client(twoHopsTo(backend.address()))) {
      client.get(1, "/");
      assertThat(client.next(Http2Peer.RST_STREAM).stream()).isEqualTo(1);
    }
  }

  @Test
  void answers502WhenTheTargetBreaksOffBeforeItAnswers() throws Exception {
    try (Backend backend =
            new Backend(connection -> {
              Http2Peer peer = Http2Peer.server(connection);
              peer.reset(peer.next(Http2Peer.HEADERS).stream(), Http2Peer.PROTOCOL_ERROR);
              peer.next(Http2Peer.GOAWAY);
            });
        Http2Peer client = Http2Peer.client(proxyTo(backend.address()))) {
      client.get(1, "/");
      Response response = client.response(1);
      assertThat(response.status()).isEqualTo(502);
      assertThat(response.body())
          .isEqualTo("stream error: stream ID 3; PROTOCOL_ERROR; received from peer\n");
    }
  }

  @Test
  void sendsARequestAgainThatTheTargetHasRefusedUnseen() throws Exception {
    AtomicBoolean refused = new AtomicBoolean();
    try (Backend backend =
            new Backend(connection -> {
              Http2Peer peer = Http2Peer.server(connection);
              int stream = peer.next(Http2Peer.HEADERS).stream();
              if (refused.compareAndSet(false, true)) {
                peer.reset(stream, Http2Peer.REFUSED_STREAM);
              } else {
                peer.headers(stream, true, ":status", "204");
              }
              peer.next(Http2Peer.GOAWAY);
            });
        Http2Peer client = Http2Peer.client(proxyTo(backend.address()))) {
      client.headers(1, true, Http2Peer.request("DELETE", "/"));
      assertThat(client.response(1).status()).isEqualTo(204);
    }
  }

  @Test
  void finishesStreamsOfAConnectionThatTheTargetWindsUpAndBeginsNoOthersThere() throws Exception {
    try (Backend backend =
            new Backend(connection -> {
              Http2Peer peer = Http2Peer.server(connection);
              int stream = peer.next(Http2Peer.HEADERS).stream();
              peer.frame(Http2Peer.GOAWAY, 0, 0, new byte[] {0, 0, 0, (byte) stream, 0, 0, 0, 0});
              peer.headers(stream, false, ":status", "200");
              peer.data(stream, true, "connection " + connection.socket.getPort());
            });
        Http2Peer client = Http2Peer.client(proxyTo(backend.address()))) {
      client.get(1, "/");
      Response first = client.response(1);
      client.get(3, "/");
      Response second = client.response(3);
      assertThat(List.of(first.status(), second.status())).containsOnly(200);
      assertThat(second.body()).isNotEqualTo(first.body());
      assertThat(backend.accepted).hasValue(2);
    }
  }

  @Test
  void letsAResponseBeginWhileTheRequestGoesOn() throws Exception {
    try (Backend backend =
            new Backend(connection -> {
              Http2Peer peer = Http2Peer.server(connection);
              int stream = peer.next(Http2Peer.HEADERS).stream();
              peer.headers(stream, false, ":status", "200");
              while (true) {
                Frame data = peer.next(Http2Peer.DATA);
                peer.data(stream, data.ends(), "re: " + data.text());
              }
            });
        Http2Peer client = Http2Peer.client(twoHopsTo(backend.address()))) {
      client.headers(1, false, Http2Peer.request("POST", "/"));
      client.decode(client.nextOf(1));
      for (String each : List.of("a", "b", "c")) {
        client.data(1, false, each);
        assertThat(client.nextOf(1).text()).isEqualTo("re: " + each);
      }
      client.data(1, true, "end");
      assertThat(client.nextOf(1).ends()).isTrue();
    }
  }

  @Test
  void endsAStreamThatIsAnsweredBeforeItsRequestIsWhole() throws Exception {
    Address refusing = listen(exchange -> exchange.answer(Answer.error(503, "full")));
    try (Http2Peer client = Http2Peer.client(refusing)) {
      client.headers(1, false, Http2Peer.request("POST", "/"));
      assertThat(client.response(1).status()).isEqualTo(503);
      Frame reset = client.next(Http2Peer.RST_STREAM);
      assertThat(reset.code()).isEqualTo(Http2Peer.NO_ERROR);
      client.get(3, "/");
      assertThat(client.response(3).body()).as("the connection lives on").isEqualTo("full\n");
    }
  }

  @Test
  void speaksHttp2ToATargetOfItForAClientOfHttp11() throws Exception {
    BlockingQueue<Http2Headers> heads = new LinkedBlockingQueue<>();
    try (Backend backend = echo(heads);
        Client client =
            new Client(
                listen(exchange ->
                    exchange.forward(
                        backend.address(), Protocol.H2C, FailureHandler.BAD_GATEWAY)))) {
      client.send("POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
      client.send("4\r\nbody\r\n0\r\nX-Sum: 1\r\n\r\n");
      Client.Response response = client.response();
      assertThat(response.body()).isEqualTo("/x body");
      assertThat(response.header("transfer-encoding")).isEqualTo("chunked");
      assertThat(response.head()).startsWith("HTTP/1.1 200 OK");
      assertThat(heads.take().get("transfer-encoding")).isNull();
      assertThat(heads.take().get("x-sum")).hasToString("1");
      client.get("/again");
      assertThat(client.response().body()).isEqualTo("/again ");
      assertThat(backend.accepted).hasValue(1);
    }
  }

  @Test
  void asksForAnUpgradeInHttp11WhateverTheTargetIsSaidToSpeak() throws Exception {
    try (Backend backend =
            new Backend(connection -> {
              connection.head();
              connection.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n");
              connection.send("Upgrade: websocket\r\n\r\nhello");
              connection.in.read();
            });
        Client client =
            new Client(
                listen(exchange ->
                    exchange.forward(
                        backend.address(), Protocol.H2C, FailureHandler.BAD_GATEWAY)))) {
      client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\n");
      client.send("Upgrade: websocket\r\n\r\n");
      assertThat(client.head().status()).isEqualTo(101);
      assertThat(new String(client.in.readNBytes(5), StandardCharsets.UTF_8)).isEqualTo("hello");
    }
  }

  @Test
  void speaksHttp11ToATargetOfItForAClientOfHttp2() throws Exception {
    try (Backend backend =
            new Backend(connection -> {
              connection.head();
              connection.in.readNBytes("4\r\nbody\r\n0\r\n\r\n".length());
              connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n");
              connection.send("Keep-Alive: 5\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 2\r\n\r\n");
              connection.head();
              connection.ok("second");
            });
        Http2Peer client =
            Http2Peer.client(
                listen(exchange ->
                    exchange.forward(
                        backend.address(), Protocol.HTTP1, FailureHandler.BAD_GATEWAY)))) {
      client.headers(1, false, Http2Peer.request("POST", "/"));
      client.data(1, true, "body");
      Response response = client.response(1);
      assertThat(response.body()).isEqualTo("ok");
      assertThat(response.header("keep-alive")).isEmpty();
      assertThat(response.header("transfer-encoding")).isEmpty();
      assertThat(response.trailers().get("x-sum")).hasToString("2");
      client.get(3, "/");
      assertThat(client.response(3).body()).isEqualTo("second");
      assertThat(backend.heads.getFirst())
          .startsWith("POST / HTTP/1.1")
          .containsIgnoringCase("host: test.example")
          .containsIgnoringCase("transfer-encoding: chunked");
      assertThat(backend.heads.getLast()).doesNotContainIgnoringCase("transfer-encoding");
    }
  }

  @Test
  void windsAConnectionUpWhenTheListenerDrains() throws Exception {
    CountDownLatch arrived = new CountDownLatch(1);
    CountDownLatch answer = new CountDownLatch(1);
    try (Backend backend =
        new Backend(connection -> {
          Http2Peer peer = Http2Peer.server(connection);
          int stream = peer.next(Http2Peer.HEADERS).stream();
          arrived.countDown();
          answer.await();
          peer.headers(stream, true, ":status", "204");
          peer.next(Http2Peer.GOAWAY);
        })) {
      Listener listener =
          engine.listen("127.0.0.1", 0, List.of(exchange -> exchange.forward(backend.address())));
      try (Http2Peer client = Http2Peer.client(listener.address())) {
        client.get(1, "/");
        arrived.await();
        var drained = listener.drain().toCompletableFuture();
        assertThat(client.next(Http2Peer.GOAWAY).lastStream()).isEqualTo(Integer.MAX_VALUE);
        Frame ping = client.next(Http2Peer.PING);
        client.frame(Http2Peer.PING, Http2Peer.ACK, 0, ping.payload());
        assertThat(client.next(Http2Peer.GOAWAY).lastStream()).isEqualTo(1);
        assertThat(drained).isNotDone();
        answer.countDown();
        assertThat(client.response(1).status()).isEqualTo(204);
        drained.join();
      }
    }
  }
}
