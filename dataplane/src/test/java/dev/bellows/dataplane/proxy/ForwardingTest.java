package dev.bellows.dataplane.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.core.route.Address;
import dev.bellows.dataplane.raw.Backend;
import dev.bellows.dataplane.raw.Client;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ForwardingTest {
  private static final EventLoopGroup LOOPS = EventLoops.create("forwarding-test", 2);

  private ProxyEngine engine;

  @BeforeEach
  void open() {
    engine = new ProxyEngine(LOOPS, System::nanoTime);
  }

  @AfterEach
  void close() {
    engine.close();
  }

  @AfterAll
  static void stop() {
    LOOPS.shutdownGracefully();
  }

  private Address proxyTo(Address target) throws IOException {
    return listen(exchange -> exchange.forward(target));
  }

  private Address listen(Stage... chain) throws IOException {
    return engine.listen("127.0.0.1", 0, List.of(chain)).address();
  }

  @Test
  void forwardsARequestAndItsResponse() throws IOException {
    try (Backend backend = Backend.echoingHeads();
        Client client = new Client(proxyTo(backend.address()))) {
      Client.Response response = client.get("/path?q=1").response();
      assertThat(response.status()).isEqualTo(200);
      assertThat(response.body())
          .isEqualTo("GET /path?q=1 HTTP/1.1\r\nHost: test.example\r\nX-Forwarded-For: 127.0.0.1");
    }
  }

  @Test
  void passesThroughTwoRolesOfOneJvmAsThroughTwoSockets() throws IOException {
    try (Backend backend = Backend.echoingHeads();
        Client client = new Client(proxyTo(proxyTo(backend.address())))) {
      for (int i = 0; i < 3; i++) {
        assertThat(client.get("/" + i).response().body())
            .isEqualTo(
                "GET /"
                    + i
                    + " HTTP/1.1\r\nHost: test.example\r\nX-Forwarded-For: 127.0.0.1, 127.0.0.1");
      }
      assertThat(backend.accepted).hasValue(1);
    }
  }

  @Test
  void answersInTheOriginalsWordsWhenNobodyListens() throws IOException {
    Address nobody;
    try (Backend gone = Backend.echoingHeads()) {
      nobody = gone.address();
    }
    try (Client client = new Client(proxyTo(nobody))) {
      Client.Response response = client.get("/").response();
      assertThat(response.status()).isEqualTo(502);
      assertThat(response.body())
          .isEqualTo("dial tcp " + nobody + ": connect: connection refused\n");
      assertThat(response.header("x-content-type-options")).isEqualTo("nosniff");
    }
  }
}
