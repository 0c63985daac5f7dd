package dev.bellows.app.wiring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A part waits for an API that is away, and for nothing else. */
class GreetingTest {
  private static final Duration PAUSE = Duration.ofMillis(20);
  private static final int PATIENCE_SECONDS = 60;

  private final List<String> told = new CopyOnWriteArrayList<>();

  /** Answers that come before the good one. */
  private final Deque<Integer> faults = new ConcurrentLinkedDeque<>();

  private final Deque<HttpServer> servers = new ArrayDeque<>();

  @AfterEach
  void stop() {
    servers.forEach(server -> server.stop(0));
  }

  @Test
  void whoseApiIsAwayWaitsAndSaysSo() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    try (ExecutorService waiting = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> greeted =
          waiting.submit(() -> {
            Greeting.await(config(port), PAUSE, told::add);
            return null;
          });
      await().atMost(PATIENCE_SECONDS, TimeUnit.SECONDS).until(() -> told.size() > 1);
      assertThat(greeted).isNotDone();
      assertThat(told.getFirst())
          .startsWith("no answer from the Kubernetes API at http://127.0.0.1:" + port + "/: ")
          .endsWith("; asking again until there is one");

      serve(port);
      greeted.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }
  }

  @Test
  void whoseApiHasNoTimeOrAFaultWaits() throws Exception {
    faults.addAll(List.of(503, 429, 500));
    Greeting.await(config(serve(0)), PAUSE, told::add);
    assertThat(told).hasSize(3);
    assertThat(told.get(1)).contains("it answered 429");
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403, 404})
  void whoIsNotKnownThereDoesNotWait(int code) throws IOException {
    faults.add(code);
    Config config = config(serve(0));
    assertThatThrownBy(() -> Greeting.await(config, PAUSE, told::add))
        .isInstanceOf(StartException.class)
        .hasMessageEndingWith("it answered " + code);
    assertThat(told).isEmpty();
  }

  @Test
  void whoseApiHasANameThatNobodyHasDoesNotWait() {
    Config config = new ConfigBuilder().withMasterUrl("http://nobody.invalid:6443").build();
    assertThatThrownBy(() -> Greeting.await(config, PAUSE, told::add))
        .isInstanceOf(StartException.class)
        .hasMessageStartingWith("no answer from the Kubernetes API at http://nobody.invalid:6443/");
    assertThat(told).isEmpty();
  }

  private static Config config(int port) {
    return new ConfigBuilder().withMasterUrl("http://127.0.0.1:" + port).build();
  }

  private int serve(int port) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.createContext("/version", this::answer);
    server.start();
    servers.add(server);
    return server.getAddress().getPort();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      Integer fault = faults.poll();
      byte[] answer =
          "{\"major\":\"1\",\"minor\":\"34\",\"gitVersion\":\"v1.34.4\"}"
              .getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(fault == null ? 200 : fault, answer.length);
      exchange.getResponseBody().write(answer);
    }
  }
}
