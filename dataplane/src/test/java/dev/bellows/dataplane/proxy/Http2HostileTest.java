package dev.bellows.dataplane.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.core.route.Address;
import dev.bellows.dataplane.raw.Http2Peer;
import dev.bellows.dataplane.raw.Http2Peer.Frame;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client may not say in HTTP/2, and what it may not make the engine do. */
class Http2HostileTest extends ProxyFixture {
  private final AtomicInteger served = new AtomicInteger();

  private Address serving() throws IOException {
    return listen(exchange -> {
      served.incrementAndGet();
      exchange.answer(Answer.text(200, exchange.host() + exchange.request().uri()));
    });
  }

  private Address waiting() throws IOException {
    return listen(_ -> served.incrementAndGet());
  }

  // ---- two readings of one request

  @Test
  void refusesAnAuthorityAndAHostThatDiffer() throws Exception {
    assertThat(answer("GET", "/", "host", "other.example").status()).isEqualTo(400);
  }

  @Test
  void takesAnAuthorityAndAHostThatAgree() throws Exception {
    assertThat(answer("GET", "/p", "host", "test.example").body()).isEqualTo("test.example/p");
  }

  @ParameterizedTest
  @CsvSource({"GET,http://other.example/", "GET,p", "GET,/a b", "GET,*", "'G T',/"})
  void refusesATargetOrMethodThatHttp11WouldReadOtherwise(String method, String path)
      throws Exception {
    assertThat(answer(method, path).status()).isEqualTo(400);
    assertThat(served).hasValue(0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\r\nx-injected: 1", "a\nb", "a\rb", "a\u0000b"})
  void refusesLineEndsInValues(String value) throws Exception {
    assertRefused("x-value", value);
  }

  @ParameterizedTest
  @CsvSource({
    "connection,close",
    "transfer-encoding,chunked",
    "keep-alive,5",
    "upgrade,h2c",
    "te,gzip",
    "X-Capital,1",
    "'x y',1",
    "'x:y',1",
    ":unknown,1",
    ":path,/twice"
  })
  void refusesHeadersThatHttp2DoesNotKnow(String name, String value) throws Exception {
    assertRefused(name, value);
  }

  /** By an answer of 400 or by breaking the stream off; the next request is served either way. */
  private void assertRefused(String name, String value) throws Exception {
    try (Http2Peer client = Http2Peer.client(serving())) {
      List<String> head = new ArrayList<>(List.of(Http2Peer.request("GET", "/")));
      head.add(name);
      head.add(value);
      client.headers(1, true, head.toArray(String[]::new));
      Frame answer = client.nextOf(1);
      if (answer.type() == Http2Peer.HEADERS) {
        assertThat(client.decode(answer).status()).hasToString("400");
      } else {
        assertThat(answer.type()).isEqualTo(Http2Peer.RST_STREAM);
        assertThat(answer.code()).isEqualTo(Http2Peer.PROTOCOL_ERROR);
      }
      assertThat(served).hasValue(0);
      client.get(3, "/next");
      assertThat(client.decode(client.next(each -> each.stream() == 3)).status())
          .hasToString("200");
    }
  }

  @Test
  void refusesABodyOfAnotherLengthThanWasTold() throws Exception {
    try (Http2Peer client = Http2Peer.client(waiting())) {
      client.headers(
          1,
          false,
          ":method",
          "POST",
          ":scheme",
          "http",
          ":path",
          "/",
          ":authority",
          "h",
          "content-length",
          "3");
      client.data(1, true, "four");
      assertThat(client.next(Http2Peer.RST_STREAM).code()).isEqualTo(Http2Peer.PROTOCOL_ERROR);
    }
  }

  @Test
  void refusesConnect() throws Exception {
    try (Http2Peer client = Http2Peer.client(serving())) {
      client.headers(1, false, ":method", "CONNECT", ":authority", "other.example:443");
      assertThat(client.decode(client.nextOf(1)).status()).hasToString("405");
    }
  }

  @Test
  void refusesAMissingAuthority() throws Exception {
    try (Http2Peer client = Http2Peer.client(serving())) {
      client.headers(1, true, ":method", "GET", ":scheme", "http", ":path", "/");
      assertThat(client.response(1).status()).isEqualTo(400);
    }
  }

  @Test
  void answers505ToHttp2ThatIsSpokenAsHttp11() throws Exception {
    try (var client = new dev.bellows.dataplane.raw.Client(serving())) {
      client.send("PRI * HTTP/2.0\r\n\r\nXX");
      assertThat(client.response().status()).isEqualTo(505);
    }
  }

  private Http2Peer.Response answer(String method, String path, String... more) throws Exception {
    try (Http2Peer client = Http2Peer.client(serving())) {
      List<String> head = new ArrayList<>(List.of(Http2Peer.request(method, path)));
      head.addAll(List.of(more));
      client.headers(1, true, head.toArray(String[]::new));
      return client.response(1);
    }
  }

  // ---- floods

  @Test
  void servesNoMoreStreamsAtATimeThanItHasSaid() throws Exception {
    try (Http2Peer client = Http2Peer.client(waiting())) {
      for (int i = 0; i < Limits.STREAMS_PER_CONNECTION; i++) {
        client.get(2 * i + 1, "/");
      }
      await().until(() -> served.get() == Limits.STREAMS_PER_CONNECTION);
      client.get(2 * Limits.STREAMS_PER_CONNECTION + 1, "/one-too-many");
      Frame refused = client.next(Http2Peer.RST_STREAM);
      assertThat(refused.code()).isEqualTo(Http2Peer.REFUSED_STREAM);
      assertThat(served).hasValue(Limits.STREAMS_PER_CONNECTION);
    }
  }

  @Test
  void cutsAClientOffThatResetsWhatItAsksFor() throws Exception {
    try (Http2Peer client = Http2Peer.client(waiting())) {
      flood(
          client,
          Limits.RESETS_PER_WINDOW + 1,
          (out, i) -> {
            out.writeBytes(
                Http2Peer.encode(
                    Http2Peer.HEADERS,
                    Http2Peer.END_HEADERS | Http2Peer.END_STREAM,
                    2 * i + 1,
                    Http2Peer.block(Http2Peer.request("GET", "/"))));
            out.writeBytes(
                Http2Peer.encode(
                    Http2Peer.RST_STREAM,
                    0,
                    2 * i + 1,
                    ByteBuffer.allocate(4).putInt(Http2Peer.CANCEL).array()));
          });
      assertThat(client.closedBecauseOf(Http2Peer.ENHANCE_YOUR_CALM)).isTrue();
      assertThat(served.get()).isLessThanOrEqualTo(Limits.RESETS_PER_WINDOW + 1);
    }
  }

  @Test
  void cutsAClientOffThatMakesItResetStreams() throws Exception {
    try (Http2Peer client = Http2Peer.client(waiting())) {
      flood(
          client,
          Limits.RESETS_PER_WINDOW + 1,
          (out, i) -> {
            out.writeBytes(
                Http2Peer.encode(
                    Http2Peer.HEADERS,
                    Http2Peer.END_HEADERS,
                    2 * i + 1,
                    Http2Peer.block(Http2Peer.request("POST", "/"))));
            // An increment of zero is an error of the stream (RFC 9113 §6.9).
            out.writeBytes(
                Http2Peer.encode(Http2Peer.WINDOW_UPDATE, 0, 2 * i + 1, new byte[] {0, 0, 0, 0}));
          });
      assertThat(client.closedBecauseOf(Http2Peer.ENHANCE_YOUR_CALM)).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {Http2Peer.PING, Http2Peer.SETTINGS, Http2Peer.PRIORITY, 99})
  void cutsAClientOffThatOnlyManagesItsConnection(int type) throws Exception {
    byte[] payload =
        switch (type) {
          case Http2Peer.PING -> new byte[8];
          case Http2Peer.PRIORITY -> new byte[5];
          default -> new byte[0];
        };
    int stream = type == Http2Peer.PRIORITY ? 1 : 0;
    try (Http2Peer client = Http2Peer.client(serving())) {
      flood(
          client,
          Limits.OVERHEAD_FRAMES_PER_WINDOW + 1,
          (out, i) -> out.writeBytes(Http2Peer.encode(type, 0, stream, payload)));
      assertThat(client.closedBecauseOf(Http2Peer.ENHANCE_YOUR_CALM)).isTrue();
    }
  }

  @Test
  void bearsAPingForEachPieceOfData() throws Exception {
    try (Http2Peer client = Http2Peer.client(waiting())) {
      client.headers(1, false, Http2Peer.request("POST", "/"));
      flood(
          client,
          2 * Limits.OVERHEAD_FRAMES_PER_WINDOW,
          (out, i) -> {
            out.writeBytes(Http2Peer.encode(Http2Peer.DATA, 0, 1, (byte) 'x'));
            out.writeBytes(Http2Peer.encode(Http2Peer.PING, 0, 0, new byte[8]));
          });
      client.frame(Http2Peer.PING, 0, 0, new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
      client.next(frame ->
          frame.type() == Http2Peer.PING
              && frame.flags() == Http2Peer.ACK
              && frame.payload()[0] == 1);
    }
  }

  @Test
  void answers431ToAHeadThatIsTooLong() throws Exception {
    try (Http2Peer client = Http2Peer.client(serving())) {
      String[] head = {
        ":method",
        "GET",
        ":scheme",
        "http",
        ":path",
        "/",
        ":authority",
        "h",
        "x-a",
        "a".repeat(10_000),
        "x-b",
        "b".repeat(6_000)
      };
      byte[] block = Http2Peer.block(head);
      client.frame(Http2Peer.HEADERS, Http2Peer.END_STREAM, 1, block);
      for (int i = 0; i < 3; i++) {
        client.frame(Http2Peer.CONTINUATION, 0, 1, Http2Peer.block("x-c", "c".repeat(16_000)));
      }
      client.frame(
          Http2Peer.CONTINUATION,
          Http2Peer.END_HEADERS,
          1,
          Http2Peer.block("x-d", "d".repeat(8_000)));
      assertThat(client.response(1).status()).isEqualTo(431);
      assertThat(served).hasValue(0);
    }
  }

  @Test
  void cutsAClientOffThatSendsAHeadInTinyPiecesOrWithoutEnd() throws Exception {
    try (Http2Peer client = Http2Peer.client(serving())) {
      client.frame(Http2Peer.HEADERS, 0, 1, Http2Peer.block(Http2Peer.request("GET", "/")));
      flood(
          client,
          Limits.SMALL_CONTINUATION_FRAMES + 1,
          (out, i) -> out.writeBytes(Http2Peer.encode(Http2Peer.CONTINUATION, 0, 1)));
      assertThat(client.closedBecauseOf(Http2Peer.ENHANCE_YOUR_CALM)).isTrue();
    }
    try (Http2Peer client = Http2Peer.client(serving())) {
      client.frame(Http2Peer.HEADERS, 0, 1, Http2Peer.block(Http2Peer.request("GET", "/")));
      flood(
          client,
          64,
          (out, i) ->
              out.writeBytes(
                  Http2Peer.encode(
                      Http2Peer.CONTINUATION, 0, 1, Http2Peer.block("x", "y".repeat(16_000)))));
      client.closedBecauseOf(Http2Peer.ENHANCE_YOUR_CALM);
      assertThat(served).hasValue(0);
    }
  }

  @Test
  void cutsAClientOffThatSendsEmptyData() throws Exception {
    try (Http2Peer client = Http2Peer.client(waiting())) {
      client.headers(1, false, Http2Peer.request("POST", "/"));
      flood(
          client,
          Limits.EMPTY_DATA_FRAMES + 1,
          (out, i) -> out.writeBytes(Http2Peer.encode(Http2Peer.DATA, 0, 1)));
      assertThat(client.closedBecauseOf(Http2Peer.ENHANCE_YOUR_CALM)).isTrue();
    }
  }

  private interface Round {
    void write(ByteArrayOutputStream out, int number);
  }

  /** Sends in one go what a client sends so many times; it may be cut off in the midst of it. */
  private static void flood(Http2Peer client, int times, Round round) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = 0; i < times; i++) {
      round.write(out, i);
    }
    try {
      client.bytes(out.toByteArray());
    } catch (SocketException cut) {
      // Which is what the test expects.
    }
  }
}
