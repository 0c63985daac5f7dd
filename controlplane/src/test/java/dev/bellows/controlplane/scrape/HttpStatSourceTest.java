package dev.bellows.controlplane.scrape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.bellows.controlplane.scrape.ScrapeFailedException.Kind;
import dev.bellows.controlplane.scrape.StatSource.Connection;
import dev.bellows.core.stat.Stat;
import dev.bellows.core.stat.StatWire;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against a real HTTP server on loopback. */
class HttpStatSourceTest {
  private static final Stat STAT = new Stat("hello-00001-deployment-x", 3, 1, 30, 10, 61.5, 0);

  private final ExecutorService serverThreads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpStatSource source = new HttpStatSource(Duration.ofSeconds(30));
  private final Set<InetSocketAddress> clients = ConcurrentHashMap.newKeySet();
  private HttpServer server = start();

  private HttpServer start() {
    try {
      HttpServer started =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      started.setExecutor(serverThreads);
      started.start();
      return started;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @BeforeEach
  void noMetrics() {
    clients.clear();
  }

  @AfterEach
  void close() {
    source.close();
    server.stop(0);
    serverThreads.close();
  }

  @Test
  void fetchesAStat() throws Exception {
    serve(exchange -> {
      assertThat(exchange.getRequestHeaders().getFirst("Accept")).isEqualTo("application/protobuf");
      answer(exchange, 200, "application/protobuf", StatWire.encode(STAT));
    });
    assertThat(source.fetch(authority(), Connection.KEPT)).isEqualTo(STAT);
  }

  @Test
  void keepsTheConnectionToAPod() throws Exception {
    serve(exchange -> answer(exchange, 200, "application/protobuf", StatWire.encode(STAT)));
    for (int i = 0; i < 5; i++) {
      source.fetch(authority(), Connection.KEPT);
    }
    assertThat(clients).hasSize(1);
  }

  @Test
  void opensAnotherConnectionToAServiceEachTime() throws Exception {
    serve(exchange -> answer(exchange, 200, "application/protobuf", StatWire.encode(STAT)));
    for (int i = 0; i < 5; i++) {
      source.fetch(authority(), Connection.CLOSED);
    }
    assertThat(clients).hasSize(5);
  }

  @Test
  void knowsTheAnswersOfAMesh() {
    for (int status : new int[] {502, 503}) {
      serve(exchange -> answer(exchange, status, "text/plain", new byte[0]));
      assertFails(Kind.MESH_LIKE, "answered with status " + status);
    }
    serve(exchange -> answer(exchange, 404, "text/plain", new byte[0]));
    assertFails(Kind.OTHER, "answered with status 404");
  }

  @Test
  void refusesWhatIsNotProtobuf() {
    serve(exchange -> answer(exchange, 200, "text/plain; version=0.0.4", StatWire.encode(STAT)));
    assertFails(Kind.OTHER, "answered with content type text/plain; version=0.0.4");
  }

  @Test
  void refusesWhatIsNoStat() {
    serve(exchange -> answer(exchange, 200, "application/protobuf", new byte[] {(byte) 0xff}));
    assertFails(Kind.OTHER, "answered with no stat");
  }

  @Test
  void readsNoMoreThanAStatCanBe() {
    serve(exchange -> answer(exchange, 200, "application/protobuf", new byte[337]));
    assertFails(Kind.OTHER, "failed: ");
  }

  @Test
  void saysWhereNobodyListens() {
    String authority = authority();
    server.stop(0);
    assertThatThrownBy(() -> source.fetch(authority, Connection.KEPT))
        .hasMessageStartingWith("GET http://" + authority + "/metrics failed: ");
  }

  @Test
  void doesNotWaitForEverForTheEndOfABody() {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch over = new CountDownLatch(1);
    serve(exchange -> {
      exchange.getResponseHeaders().set("Content-Type", "application/protobuf");
      exchange.sendResponseHeaders(200, 100);
      exchange.getResponseBody().write(1);
      exchange.getResponseBody().flush();
      asked.countDown();
      awaitOn(over);
    });
    try (HttpStatSource impatient = new HttpStatSource(Duration.ofMillis(200))) {
      assertThatThrownBy(() -> impatient.fetch(authority(), Connection.KEPT))
          .hasMessageEndingWith("was not answered within PT0.2S");
    } finally {
      over.countDown();
    }
  }

  private void assertFails(Kind kind, String message) {
    assertThatThrownBy(() -> source.fetch(authority(), Connection.KEPT))
        .hasMessageContaining(message)
        .extracting(each -> ((ScrapeFailedException) each).kind())
        .isEqualTo(kind);
  }

  private void serve(HttpHandler handler) {
    server.stop(0);
    server = start();
    server.createContext(
        "/metrics",
        exchange -> {
          clients.add(exchange.getRemoteAddress());
          handler.handle(exchange);
        });
  }

  private static void answer(HttpExchange exchange, int status, String type, byte[] body)
      throws IOException {
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  private static void awaitOn(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private String authority() {
    InetSocketAddress address = server.getAddress();
    return address.getAddress().getHostAddress() + ":" + address.getPort();
  }
}
