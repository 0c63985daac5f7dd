package dev.bellows.dataplane.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.dataplane.raw.Backend;
import dev.bellows.dataplane.raw.Client;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** How bodies begin and end, on both sides (RFC 9112 §6). */
class FramingTest extends ProxyFixture {
  private static Backend answering(String... responses) throws IOException {
    return new Backend(connection -> {
      for (String response : responses) {
        connection.head();
        connection.send(response);
      }
      connection.in.read();
    });
  }

  @Test
  void passesChunksAndTrailersBothWays() throws IOException {
    AtomicReference<String> body = new AtomicReference<>();
    try (Backend backend =
            new Backend(connection -> {
              connection.head();
              body.set(
                  new String(
                      connection.in.readNBytes("5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n".length()),
                      StandardCharsets.ISO_8859_1));
              connection.send(
                  "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked"
                      + "\r\n\r\n3\r\nfoo\r\n0\r\nX-Sum: 7\r\n\r\n");
            });
        Client client = new Client(twoHopsTo(backend.address()))) {
      client.send(
          "POST / HTTP/1.1\r\nHost: h\r\nTrailer: X-T\r\nTransfer-Encoding: chunked"
              + "\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n");
      Client.Response response = client.response();
      assertThat(response.body()).isEqualTo("foo[trailer X-Sum: 7]");
      assertThat(response.header("trailer")).isEqualTo("X-Sum");
      assertThat(body.get()).isEqualTo("5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n");
      assertThat(backend.heads.getFirst()).contains("Trailer: X-T");
    }
  }

  @Test
  void givesABodyThatEndsWithItsConnectionChunks() throws IOException {
    try (Backend backend =
            new Backend(connection -> {
              connection.head();
              connection.send("HTTP/1.0 200 OK\r\n\r\nuntil the end");
            });
        Client client = new Client(twoHopsTo(backend.address()))) {
      Client.Response response = client.get("/").response();
      assertThat(response.body()).isEqualTo("until the end");
      assertThat(response.header("transfer-encoding")).isEqualTo("chunked");
      assertThat(client.get("/").response().body()).isEqualTo("until the end");
    }
  }

  @Test
  void speaksToClientsOfHttp10WithoutChunks() throws IOException {
    try (Backend backend =
            answering(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nfoo\r\n0\r\n\r\n");
        Client client = new Client(proxyTo(backend.address()))) {
      client.send("GET / HTTP/1.0\r\n\r\n");
      Client.Response response = client.response();
      assertThat(response.head()).isEqualTo("HTTP/1.1 200 OK\r\nConnection: close");
      assertThat(response.body()).isEqualTo("foo");
      assertThat(client.closed()).isTrue();
      assertThat(backend.heads.getFirst())
          .startsWith("GET / HTTP/1.1\r\n")
          .contains("Host: " + backend.address());
    }
  }

  @Test
  void keepsAConnectionOfHttp10ThatAsksForIt() throws IOException {
    try (Backend backend = Backend.echoingHeads();
        Client client = new Client(proxyTo(backend.address()))) {
      for (int i = 0; i < 2; i++) {
        client.send("GET / HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n");
        assertThat(client.response().header("connection")).isEqualTo("keep-alive");
      }
    }
  }

  @Test
  void knowsThatAResponseToHeadHasNoBody() throws IOException {
    try (Backend backend =
            answering(
                "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
                "HTTP/1.1 103 Early Hints\r\nLink: x"
                    + "\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
                "HTTP/1.1 204 No Content\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        Client client = new Client(twoHopsTo(backend.address()))) {
      String head = "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n";
      assertThat(client.send(head).head().header("content-length")).isEqualTo("1000");
      assertThat(client.send(head).head().status()).isEqualTo(103);
      assertThat(client.head().header("content-length")).isEqualTo("1000");
      assertThat(client.send(head).head().status()).isEqualTo(200);
      assertThat(client.get("/").head().header("content-length")).isEqualTo("7");
      assertThat(client.get("/").head().status()).isEqualTo(204);
      assertThat(client.get("/").response().body()).isEqualTo("ok");
      assertThat(backend.accepted).hasValue(1);
    }
  }

  @Test
  void passesInterimResponsesWithoutSpoilingTheFinalOne() throws IOException {
    try (Backend backend =
            answering(
                "HTTP/1.1 103 Early Hints\r\nLink: </a.css>"
                    + "\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </b.css>"
                    + "\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone");
        Client client = new Client(twoHopsTo(backend.address()))) {
      assertThat(client.get("/").head().header("link")).isEqualTo("</a.css>");
      assertThat(client.head().header("link")).isEqualTo("</b.css>");
      Client.Response response = client.response();
      assertThat(response.status()).isEqualTo(404);
      assertThat(response.body()).isEqualTo("none");
    }
  }

  @Test
  void keepsInterimResponsesFromClientsOfHttp10() throws IOException {
    try (Backend backend =
            answering(
                "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        Client client = new Client(proxyTo(backend.address()))) {
      assertThat(client.send("GET / HTTP/1.0\r\n\r\n").response().body()).isEqualTo("ok");
    }
  }

  @Test
  void letsTheUpstreamGiveLeaveToSendABody() throws IOException {
    try (Backend backend =
            new Backend(connection -> {
              connection.head();
              connection.send("HTTP/1.1 100 Continue\r\n\r\n");
              String body = new String(connection.in.readNBytes(5), StandardCharsets.ISO_8859_1);
              connection.send("HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\n" + body);
            });
        Client client = new Client(twoHopsTo(backend.address()))) {
      client.send(
          "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
      assertThat(client.head().status()).isEqualTo(100);
      Client.Response response = client.send("hello").response();
      assertThat(response.status()).isEqualTo(201);
      assertThat(response.body()).isEqualTo("hello");
      assertThat(response.header("connection")).isEmpty();
    }
  }

  @Test
  void closesWhenLeaveToSendTheBodyIsRefused() throws IOException {
    try (Backend backend = answering("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
        Client client = new Client(proxyTo(backend.address()))) {
      client.send(
          "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
      Client.Response response = client.response();
      assertThat(response.status()).isEqualTo(413);
      assertThat(response.header("connection")).isEqualTo("close");
      assertThat(client.closed()).isTrue();
    }
  }

  @Test
  void answersPipelinedRequestsInTheirOrder() throws Exception {
    CountDownLatch first = new CountDownLatch(1);
    try (Backend backend =
            new Backend(connection -> {
              while (true) {
                String head = connection.head();
                if (head.startsWith("GET /0 ")) {
                  first.await();
                }
                connection.ok(head.substring(0, 6));
              }
            });
        Client client = new Client(twoHopsTo(backend.address()))) {
      StringBuilder requests = new StringBuilder();
      for (int i = 0; i < 9; i++) {
        requests.append("GET /%d HTTP/1.1\r\nHost: h\r\n\r\n".formatted(i));
      }
      client.send(requests.toString());
      await().until(() -> backend.heads.size() == 1);
      first.countDown();
      for (int i = 0; i < 9; i++) {
        assertThat(client.response().body()).isEqualTo("GET /" + i);
      }
    }
  }

  @Test
  void answersManyPipelinedRequestsOfItsOwnWithoutPilingUpStackFrames() throws IOException {
    int requests = 5_000;
    try (Client client = new Client(listen(exchange -> exchange.answer(Answer.text(200, "own"))))) {
      Thread.ofVirtual()
          .start(() -> {
            try {
              client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n".repeat(requests));
            } catch (IOException e) {
              throw new java.io.UncheckedIOException(e);
            }
          });
      for (int i = 0; i < requests; i++) {
        assertThat(client.response().status()).isEqualTo(200);
      }
    }
  }

  @Test
  void readsOnAfterAnEarlyResponseToKeepTheConnection() throws IOException {
    try (Client client = new Client(listen(exchange -> exchange.answer(Answer.text(403, "no"))))) {
      client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhello");
      assertThat(client.response().status()).isEqualTo(403);
      client.send("worldGET / HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(client.response().status()).isEqualTo(403);
    }
  }

  @Test
  void doesNotReuseAnUpstreamConnectionWhoseRequestWasNotSentWhole() throws IOException {
    try (Backend backend = answering("HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n");
        Client client = new Client(proxyTo(backend.address()))) {
      for (int i = 1; i <= 2; i++) {
        client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhello");
        assertThat(client.response().status()).isEqualTo(400);
        client.send("world");
        assertThat(backend.accepted).hasValue(i);
      }
    }
  }

  @Test
  void cutsAResponseThatItsUpstreamCut() throws IOException {
    try (Backend backend =
            new Backend(connection -> {
              connection.head();
              connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
            });
        Client client = new Client(twoHopsTo(backend.address()))) {
      assertThat(client.get("/").head().status()).isEqualTo(200);
      assertThat(client.in.readNBytes(4)).hasSize(4);
      assertThat(client.closed()).isTrue();
    }
  }

  @Test
  void answers502WhenTheUpstreamClosesOrTalksNonsense() throws IOException {
    try (Backend silent = new Backend(connection -> connection.head());
        Backend babbling = answering("SSH-2.0-OpenSSH_9\r\n\r\n");
        Client first = new Client(twoHopsTo(silent.address()));
        Client second = new Client(twoHopsTo(babbling.address()))) {
      Client.Response closed = first.get("/").response();
      assertThat(closed.status()).isEqualTo(502);
      assertThat(closed.body()).isEqualTo("EOF\n");
      assertThat(second.get("/").response().status()).isEqualTo(502);
    }
  }

  @Test
  void triesAgainOverAFreshConnectionWhereThatIsSafe() throws IOException {
    try (Backend backend =
            new Backend(connection -> {
              connection.head();
              connection.ok("first of a connection");
              connection.head(); // taken, then closed without an answer
            });
        Client client = new Client(proxyTo(backend.address()))) {
      assertThat(client.get("/1").response().status()).isEqualTo(200);
      assertThat(client.get("/2").response().status()).isEqualTo(200);
      assertThat(backend.accepted).hasValue(2);
      client.send("POST /3 HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx");
      assertThat(client.response().status()).isEqualTo(502);
    }
  }

  @Test
  void resetsAConnectionOfHttp10WhoseBodyWasCut() throws Exception {
    CountDownLatch cut = new CountDownLatch(1);
    try (Backend backend =
            new Backend(connection -> {
              connection.head();
              connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nfoo\r\n");
              cut.await();
            });
        Client client = new Client(proxyTo(backend.address()))) {
      client.send("GET / HTTP/1.0\r\n\r\n");
      assertThat(client.head().status()).isEqualTo(200);
      assertThat(client.in.readNBytes(3)).hasSize(3);
      cut.countDown();
      assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> client.in.read()))
          .isInstanceOf(java.net.SocketException.class);
    }
  }
}
