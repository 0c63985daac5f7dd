package dev.bellows.dataplane.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.core.route.Address;
import dev.bellows.dataplane.raw.Backend;
import dev.bellows.dataplane.raw.Client;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** When an exchange has taken too long (data-plane spec §3.4, §8.2). */
class TimeoutsTest extends ProxyFixture {
  private static final Duration NEVER = Duration.ofHours(1);

  /** Begins a response at once, and sends its pieces with pauses in between. */
  private static Backend sending(List<String> pieces, Duration pause) throws IOException {
    return new Backend(connection -> {
      connection.head();
      connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (String piece : pieces) {
        connection.send("%x\r\n%s\r\n".formatted(piece.length(), piece));
        LockSupport.parkNanos(pause.toNanos());
      }
      connection.send("0\r\n\r\n");
    });
  }

  private Address timed(Backend backend, Timeouts timeouts) throws IOException {
    return listen(
        new TimeoutStage(exchange -> timeouts, "request timeout"),
        exchange -> exchange.forward(backend.address()));
  }

  @Test
  void whoSendsSomethingWithinTheIdleTimeIsNotIdleHoweverLongItTakes() throws IOException {
    try (Backend backend = sending(List.of("foo", "bar", "baz", "test"), Duration.ofMillis(1200));
        Client client =
            new Client(timed(backend, new Timeouts(NEVER, Duration.ZERO, Duration.ofSeconds(3))))) {
      assertThat(client.get("/").response().body()).isEqualTo("foobarbaztest");
    }
  }

  @Test
  void aResponseThatBeganInTimeMayEndLater() throws IOException {
    try (Backend backend = sending(List.of("foo"), Duration.ofSeconds(4));
        Client client =
            new Client(timed(backend, new Timeouts(NEVER, Duration.ofSeconds(3), Duration.ZERO)))) {
      assertThat(client.get("/").response().body()).isEqualTo("foo");
    }
  }

  @Test
  void theWholeTimeEndsAnExchangeWhateverItSends() throws IOException {
    try (Backend backend =
            sending(java.util.Collections.nCopies(10_000, "foo"), Duration.ofMillis(20));
        Client client =
            new Client(
                timed(
                    backend, new Timeouts(Duration.ofSeconds(1), Duration.ZERO, Duration.ZERO)))) {
      assertThat(client.get("/").head().status()).isEqualTo(200);
      assertThat(client.in.readAllBytes()).asString().doesNotEndWith("0\r\n\r\n");
    }
  }

  @Test
  void noTimeAtAllIsOverAtOnce() throws IOException {
    try (Backend backend =
            new Backend(connection -> connection.socket.getInputStream().readAllBytes());
        Client client =
            new Client(timed(backend, new Timeouts(Duration.ZERO, Duration.ZERO, Duration.ZERO)))) {
      Client.Response response = client.get("/").response();
      assertThat(response.status()).isEqualTo(504);
      assertThat(response.body()).isEqualTo("request timeout");
      assertThat(response.header("content-type")).isEqualTo("text/plain; charset=utf-8");
      assertThat(response.header("x-content-type-options")).isEmpty();
    }
  }
}
