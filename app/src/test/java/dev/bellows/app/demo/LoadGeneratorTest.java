package dev.bellows.app.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LoadGeneratorTest {
  private final AtomicInteger requests = new AtomicInteger();
  private HttpServer server;

  @BeforeEach
  void serveAndFailEveryTenthRequest() throws Exception {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(requests.incrementAndGet() % 10 == 0 ? 500 : 200, -1);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @Test
  void countsWhatWasAnsweredAndWhatFailedAndWhy() throws Exception {
    try (LoadGenerator load = new LoadGenerator(url(server.getAddress().getPort()), "a.example")) {
      for (int i = 0; i < 20; i++) {
        load.once();
      }

      assertThat(load.answered()).isEqualTo(18);
      assertThat(load.failed()).isEqualTo(2);
      assertThat(load.failures()).containsOnlyKeys("status 500");
      assertThat(load.inFlight()).isZero();
      assertThat(load.latencyMillis(50)).isPositive();
    }
  }

  @Test
  void countsARefusedConnectionAsAFailure() throws Exception {
    int port = server.getAddress().getPort();
    server.stop(0);
    try (LoadGenerator load = new LoadGenerator(url(port), "a.example")) {
      load.once();

      assertThat(load.failed()).isEqualTo(1);
    }
  }

  @Test
  void everyRequestOfARunIsCountedOnce() throws Exception {
    try (LoadGenerator load = new LoadGenerator(url(server.getAddress().getPort()), "a.example")) {
      load.run(4, Duration.ofMillis(200));

      assertThat(load.answered() + load.failed()).isEqualTo(requests.get());
    }
  }

  private static URI url(int port) {
    return URI.create("http://127.0.0.1:" + port + "/");
  }
}
