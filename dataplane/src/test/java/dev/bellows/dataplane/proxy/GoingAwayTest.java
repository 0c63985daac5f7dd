package dev.bellows.dataplane.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.core.route.Address;
import dev.bellows.dataplane.raw.Backend;
import dev.bellows.dataplane.raw.Client;
import dev.bellows.dataplane.raw.Http2Peer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A client whose WebSocket or stream cannot go on is told so, where that can be said. */
class GoingAwayTest extends ProxyFixture {
  private static final String ASKING =
      "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: %s\r\n\r\n";

  /** A closing frame with status 1001. */
  private static final String GOING_AWAY = "880203e9";

  private static Backend sending(String protocol, String hex, CountDownLatch until)
      throws IOException {
    return new Backend(connection -> {
      connection.head();
      connection.send(
          "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: " + protocol + "\r\n\r\n");
      for (byte octet : HexFormat.of().parseHex(hex)) {
        connection.out.write(octet); // one by one, as a kernel may deliver them
        connection.out.flush();
      }
      until.await();
    });
  }

  /** Frames of all three forms of length, masked and in parts; parts of one; a closing frame. */
  @ParameterizedTest
  @CsvSource({
    "websocket, '', " + GOING_AWAY,
    "WebSocket, 81026869, " + GOING_AWAY,
    "websocket, 8182010203046869, " + GOING_AWAY,
    "websocket, 010168800169, " + GOING_AWAY,
    "websocket, 817e0003616263, " + GOING_AWAY,
    "websocket, 827f0000000000000001ff, " + GOING_AWAY,
    "websocket, 810368, ''",
    "websocket, 81, ''",
    "websocket, 880203e8, ''",
    "echo, 81026869, ''"
  })
  void aProgramThatLeavesItsWebSocketIsSaidToGoAwayBetweenFrames(
      String protocol, String hex, String after) throws IOException {
    for (boolean twoHops : List.of(false, true)) {
      try (Backend backend = sending(protocol, hex, new CountDownLatch(0))) {
        Address target = backend.address();
        try (Client client = new Client(twoHops ? twoHopsTo(target) : proxyTo(target))) {
          assertThat(client.send(ASKING.formatted(protocol)).head().status()).isEqualTo(101);
          assertThat(HexFormat.of().formatHex(client.in.readAllBytes())).isEqualTo(hex + after);
        }
      }
    }
  }

  @Test
  void aListenerThatClosesTellsItsWebSockets() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    try (Backend backend = sending("websocket", "81026869", over)) {
      Listener listener =
          engine.listen("127.0.0.1", 0, List.of(exchange -> exchange.forward(backend.address())));
      try (Client client = new Client(listener.address())) {
        assertThat(client.send(ASKING.formatted("websocket")).head().status()).isEqualTo(101);
        assertThat(client.in.readNBytes(4)).endsWith("hi".getBytes(StandardCharsets.US_ASCII));
        listener.close();
        assertThat(HexFormat.of().formatHex(client.in.readAllBytes())).isEqualTo(GOING_AWAY);
      }
    } finally {
      over.countDown();
    }
  }

  @Test
  void aListenerThatClosesTellsItsConnectionsOfHttp2() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    Listener listener = engine.listen("127.0.0.1", 0, List.of(_ -> asked.countDown()));
    try (Http2Peer client = Http2Peer.client(listener.address())) {
      client.get(1, "/");
      asked.await();
      listener.close();
      assertThat(client.next(Http2Peer.GOAWAY).code()).isZero();
    }
  }
}
