package dev.bellows.app.wiring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bellows.core.route.Ingress.Visibility;
import dev.bellows.dataplane.gateway.GatewayConfig;
import dev.bellows.dataplane.proxy.EventLoops;
import dev.bellows.dataplane.proxy.ProxyEngine;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.EnumSet;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A gateway that is told to stop goes on until others have noticed. */
class LameDuckTest {
  private static final String LOOPBACK = "127.0.0.1";
  private static final Duration LAME_DUCK = Duration.ofSeconds(6);

  /** What a gateway answers for a host that it does not know. */
  private static final int ANSWERED = 404;

  @Test
  void aLameDuckGoesOnAndThenTakesNoMore() throws Exception {
    EventLoopGroup loops = EventLoops.create("test", 1);
    int health = freePort();
    try (ProxyEngine engine = new ProxyEngine(loops, System::nanoTime)) {
      GatewayRole gateway =
          GatewayRole.bind(
              engine,
              LOOPBACK,
              0,
              EnumSet.allOf(Visibility.class),
              OptionalInt.of(0),
              GatewayConfig.DEFAULT);
      gateway.answerKubelet(LOOPBACK, health);
      URI readiness = URI.create("http://" + LOOPBACK + ":" + health + "/readiness");
      URI services = URI.create("http://" + gateway.address() + "/");
      assertThat(get(readiness)).as("before it knows its routes").isEqualTo(503);
      gateway.run();
      assertThat(get(readiness)).isEqualTo(200);
      assertThat(get(services)).isEqualTo(ANSWERED);

      long told = System.nanoTime();
      CompletableFuture<Void> drained = gateway.drain(LAME_DUCK).toCompletableFuture();
      assertThat(get(readiness)).isEqualTo(503);
      assertThat(get(services)).as("it goes on").isEqualTo(ANSWERED);

      drained.get(60, TimeUnit.SECONDS);
      assertThat(Duration.ofNanos(System.nanoTime() - told)).isGreaterThanOrEqualTo(LAME_DUCK);
      assertThatThrownBy(() -> get(services)).isInstanceOf(IOException.class);
      gateway.close();
    } finally {
      loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.ofLiteral(LOOPBACK))) {
      return free.getLocalPort();
    }
  }

  /** By a connection of its own. */
  private static int get(URI uri) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client
          .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.discarding())
          .statusCode();
    }
  }
}
