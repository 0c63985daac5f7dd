package dev.bellows.dataplane.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.core.route.Address;
import dev.bellows.dataplane.raw.Backend;
import dev.bellows.dataplane.raw.Client;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Upgrades: after 101 bytes pass as they are (RFC 9110 §7.8). */
class TunnelTest extends ProxyFixture {
  private static final String UPGRADE =
      "GET /chat HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: echo\r\n\r\n";

  private static Backend echoing() throws IOException {
    return new Backend(connection -> {
      connection.head();
      connection.send(
          "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhi!");
      for (int octet = connection.in.read(); octet >= 0; octet = connection.in.read()) {
        connection.out.write(octet);
      }
    });
  }

  private static String read(Client client, int length) throws IOException {
    return new String(client.in.readNBytes(length), StandardCharsets.ISO_8859_1);
  }

  @Test
  void passesBytesBothWaysAfterAnUpgrade() throws IOException {
    try (Backend backend = echoing();
        Client client = new Client(twoHopsTo(backend.address()))) {
      Client.Response response = client.send(UPGRADE).head();
      assertThat(response.head())
          .isEqualTo("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo");
      assertThat(read(client, 3)).isEqualTo("hi!");
      client.send("GET / HTTP/1.1\r\n\r\n");
      assertThat(read(client, 18)).isEqualTo("GET / HTTP/1.1\r\n\r\n");
      assertThat(backend.heads.getFirst()).contains("\r\nConnection: Upgrade\r\nUpgrade: echo");
    }
  }

  @Test
  void closesBothSidesWhenOneCloses() throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    try (Backend backend =
        new Backend(connection -> {
          connection.head();
          connection.send("HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
          if (connection.in.read() < 0) {
            closed.countDown();
          }
        })) {
      Client client = new Client(twoHopsTo(backend.address()));
      assertThat(client.send(UPGRADE).head().status()).isEqualTo(101);
      client.close();
      closed.await();
    }
    try (Backend backend =
            new Backend(connection -> {
              connection.head();
              connection.send(
                  "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nbye");
            });
        Client client = new Client(twoHopsTo(backend.address()))) {
      assertThat(client.send(UPGRADE).head().status()).isEqualTo(101);
      assertThat(read(client, 3)).isEqualTo("bye");
      assertThat(client.closed()).isTrue();
    }
  }

  @Test
  void staysHttpWhenTheUpstreamDoesNotSwitch() throws IOException {
    try (Backend backend = Backend.echoingHeads();
        Client client = new Client(twoHopsTo(backend.address()))) {
      assertThat(client.send(UPGRADE).response().status()).isEqualTo(200);
      assertThat(client.get("/").response().status()).isEqualTo(200);
    }
  }

  @Test
  void refusesASwitchThatNobodyAskedFor() throws IOException {
    try (Backend backend = echoing();
        Client client = new Client(proxyTo(backend.address()))) {
      Client.Response unasked = client.get("/").response();
      assertThat(unasked.status()).isEqualTo(502);
      client.send(UPGRADE.replace("echo", "other"));
      Client.Response other = client.response();
      assertThat(other.status()).isEqualTo(502);
      assertThat(other.body())
          .isEqualTo("backend tried to switch protocol \"echo\" when \"other\" was requested\n");
    }
  }

  @Test
  void countsTrafficOfATunnelAsActivity() throws IOException {
    AtomicReference<Exchange> tunnel = new AtomicReference<>();
    try (Backend backend = echoing()) {
      Address proxy =
          listen(
              exchange -> {
                tunnel.set(exchange);
                exchange.proceed();
              },
              new TimeoutStage(
                  exchange ->
                      new Timeouts(
                          Duration.ofSeconds(60), Duration.ofSeconds(60), Duration.ofMillis(300)),
                  "request timeout"),
              exchange -> exchange.forward(backend.address()));
      try (Client client = new Client(proxy)) {
        assertThat(client.send(UPGRADE).head().status()).isEqualTo(101);
        assertThat(read(client, 3)).isEqualTo("hi!");
        long first = tunnel.get().lastProgressNanos();
        client.send("x");
        assertThat(read(client, 1)).isEqualTo("x");
        assertThat(tunnel.get().lastProgressNanos()).isGreaterThan(first);
        assertThat(client.closed()).as("after silence").isTrue();
      }
    }
  }
}
