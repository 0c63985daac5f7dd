package dev.bellows.dataplane.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.route.Address;
import dev.bellows.core.stat.Stat;
import dev.bellows.core.stat.StatMessage;
import dev.bellows.core.stat.StatWire;
import dev.bellows.dataplane.proxy.EventLoops;
import io.netty.channel.EventLoopGroup;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The client and the server with each other, and each with one that nobody here wrote. */
class StatSocketTest {
  private static final Instant NOW = Instant.ofEpochSecond(1_700_000_000);
  private static final StatMessage MESSAGE =
      new StatMessage(new RevisionId("ns", "rev-00001"), new Stat("activator-1", 1, 0, 1, 0, 0, 0));
  private static final StatMessage STAMPED =
      new StatMessage(
          MESSAGE.revision(), new Stat("activator-1", 1, 0, 1, 0, 0, NOW.getEpochSecond()));

  private static final EventLoopGroup LOOPS = EventLoops.create("stats-test", 2);
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final BlockingQueue<List<StatMessage>> received = new LinkedBlockingQueue<>();
  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterAll
  static void stopLoops() {
    HTTP.close();
    LOOPS.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  @AfterEach
  void closeWhatIsOpen() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
    }
  }

  @Test
  void aStatisticTravelsAndIsStampedOnArrival() throws Exception {
    StatServer server = server(0);
    StatClient client = client(server.address());
    await().until(client::reachable);

    assertThat(client.send(List.of(MESSAGE))).isTrue();

    assertThat(received.poll(5, TimeUnit.SECONDS)).containsExactly(STAMPED);
    assertThat(client.errors()).isZero();
  }

  @Test
  void theClientComesBackToAServerThatRestarts() throws Exception {
    StatServer first = server(0);
    StatClient client = client(first.address());
    await().until(client::reachable);

    first.close();
    await().until(() -> !client.reachable());
    assertThat(client.send(List.of(MESSAGE))).isFalse();
    assertThat(client.errors()).isEqualTo(1);

    server(first.address().port());
    await().until(client::reachable);
    client.send(List.of(MESSAGE));
    assertThat(received.poll(5, TimeUnit.SECONDS)).containsExactly(STAMPED);
  }

  @Test
  void anotherClientGetsThroughAndIsToldToRestart() throws Exception {
    StatServer server = server(0);
    Recorder recorder = new Recorder();
    WebSocket socket = webSocket(server, recorder);

    socket.sendBinary(ByteBuffer.wrap(StatWire.encode(List.of(MESSAGE))), true).get();
    assertThat(received.poll(5, TimeUnit.SECONDS)).containsExactly(STAMPED);
    socket.sendPing(ByteBuffer.wrap(new byte[] {7})).get();
    assertThat(recorder.events.poll(5, TimeUnit.SECONDS)).isEqualTo("pong 7");

    server.close();
    assertThat(recorder.events.poll(5, TimeUnit.SECONDS)).isEqualTo("close 1012 Restarting");
  }

  @Test
  void whatIsNoStatisticCostsNothing() throws Exception {
    StatServer server = server(0);
    WebSocket socket = webSocket(server, new Recorder());

    socket.sendText("hello", true).get();
    socket.sendBinary(ByteBuffer.wrap(new byte[] {0x0a, 0x7f, 1}), true).get();
    socket.sendBinary(ByteBuffer.wrap(StatWire.encode(List.of())), true).get();
    byte[] batch = StatWire.encode(List.of(MESSAGE));
    socket.sendBinary(ByteBuffer.wrap(batch, 0, 5), false).get();
    socket.sendBinary(ByteBuffer.wrap(batch, 5, batch.length - 5), true).get();

    assertThat(received.poll(5, TimeUnit.SECONDS)).containsExactly(STAMPED);
    assertThat(received).isEmpty();
  }

  @Test
  void plainRequestsAreAnswered() throws Exception {
    StatServer server = server(0);

    assertThat(get(server, "Host: autoscaler\r\nUser-Agent: kube-probe/1.33"))
        .startsWith("HTTP/1.1 200");
    assertThat(get(server, "Host: autoscaler\r\nK-Kubelet-Probe:")).startsWith("HTTP/1.1 200");
    assertThat(get(server, "Host: autoscaler-bucket-01-of-02.knative-serving"))
        .startsWith("HTTP/1.1 200");
    assertThat(get(server, "Host: autoscaler-bucket-00-of-02.knative-serving"))
        .startsWith("HTTP/1.1 400");
    assertThat(get(server, "Host: autoscaler")).startsWith("HTTP/1.1 400");
  }

  @Test
  void aPageOfAnotherOriginMayNotReportLoad() throws Exception {
    StatServer server = server(0);
    String handshake =
        String.join(
            "\r\n",
            "GET / HTTP/1.1",
            "Host: a.example",
            "Connection: keep-alive, Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==",
            "Origin: ");
    assertThat(statusLine(server, handshake + "http://evil.example\r\n\r\n"))
        .startsWith("HTTP/1.1 403");
    assertThat(statusLine(server, handshake + "http://a.example\r\n\r\n"))
        .startsWith("HTTP/1.1 101");
  }

  @Test
  void theClientShakesHandsAsTheOriginalServerWantsIt() throws Exception {
    try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      StatClient client = client(new Address("127.0.0.1", listener.getLocalPort()));
      try (Socket socket = listener.accept()) {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        List<String> head = readHead(in);
        assertThat(head.getFirst()).isEqualTo("GET / HTTP/1.1");
        assertThat(head).anyMatch(line -> line.equalsIgnoreCase("sec-websocket-version: 13"));
        assertThat(head)
            .noneMatch(line -> line.toLowerCase(Locale.ROOT).startsWith("origin:"))
            .noneMatch(line -> line.toLowerCase(Locale.ROOT).contains("extensions"))
            .noneMatch(line -> line.toLowerCase(Locale.ROOT).contains("protocol"));
        socket.getOutputStream().write(acceptance(head).getBytes(StandardCharsets.US_ASCII));
        await().until(client::reachable);

        client.send(List.of(MESSAGE));

        assertThat(in.readUnsignedByte()).as("final binary frame").isEqualTo(0x82);
        int masked = in.readUnsignedByte();
        assertThat(masked & 0x80).as("masked").isEqualTo(0x80);
        byte[] mask = in.readNBytes(4);
        byte[] payload = in.readNBytes(masked & 0x7f);
        for (int i = 0; i < payload.length; i++) {
          payload[i] ^= mask[i % 4];
        }
        assertThat(StatWire.decodeMessages(payload)).containsExactly(MESSAGE);
      }
      await().until(() -> !client.reachable());
    }
  }

  private StatServer server(int port) throws BindException {
    StatServer server =
        StatServer.start(
            LOOPS,
            "127.0.0.1",
            port,
            bucket -> bucket.equals("autoscaler-bucket-00-of-02"),
            InstantSource.fixed(NOW),
            received::add);
    open.add(server);
    return server;
  }

  private StatClient client(Address server) {
    StatClient client = StatClient.connect(LOOPS, URI.create("ws://" + server), new Random(1));
    open.add(client);
    return client;
  }

  private static WebSocket webSocket(StatServer server, Recorder recorder) throws Exception {
    return HTTP.newWebSocketBuilder()
        .buildAsync(URI.create("ws://" + server.address() + "/any"), recorder)
        .get(5, TimeUnit.SECONDS);
  }

  private static String get(StatServer server, String headers) throws IOException {
    return statusLine(server, "GET /healthz HTTP/1.1\r\n" + headers + "\r\n\r\n");
  }

  private static String statusLine(StatServer server, String request) throws IOException {
    try (Socket socket = new Socket(server.address().ip(), server.address().port())) {
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      return readHead(new DataInputStream(socket.getInputStream())).getFirst();
    }
  }

  private static List<String> readHead(DataInputStream in) throws IOException {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    while (true) {
      int read = in.readUnsignedByte();
      if (read == '\n') {
        if (line.isEmpty()) {
          return lines;
        }
        lines.add(line.toString());
        line.setLength(0);
      } else if (read != '\r') {
        line.append((char) read);
      }
    }
  }

  /** RFC 6455 §4.2.2. */
  private static String acceptance(List<String> head) throws Exception {
    String key =
        head.stream()
            .filter(line -> line.regionMatches(true, 0, "sec-websocket-key:", 0, 18))
            .findFirst()
            .orElseThrow()
            .substring(18)
            .strip();
    byte[] digest =
        MessageDigest.getInstance("SHA-1")
            .digest(
                (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes(StandardCharsets.US_ASCII));
    return String.join(
        "\r\n",
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Accept: " + Base64.getEncoder().encodeToString(digest),
        "",
        "");
  }

  /** Writes down what the server says. */
  private static final class Recorder implements WebSocket.Listener {
    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();

    @Override
    public CompletionStage<?> onPong(WebSocket socket, ByteBuffer message) {
      events.add("pong " + message.get());
      socket.request(1);
      return CompletableFuture.completedStage(null);
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int statusCode, String reason) {
      events.add("close " + statusCode + " " + reason);
      return CompletableFuture.completedStage(null);
    }
  }
}
