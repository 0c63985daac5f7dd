package dev.bellows.controlplane.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An API server that has no time, or a fault, is met with patience. */
class BusyApiTest {
  /** Answers that come before the good one. */
  private final Deque<Integer> faults = new ArrayDeque<>();

  private final List<Long> asked = Collections.synchronizedList(new ArrayList<>());
  private AnsweringApi api;
  private EventRecorder events;
  private ApiWriter writer;

  @BeforeEach
  void start() throws IOException {
    api = AnsweringApi.start(this::answer);
    events = new EventRecorder(api.client(), "test", Clock.systemUTC(), Pace.unlimited());
    writer = new ApiWriter(api.client(), events, Pace.unlimited());
  }

  @AfterEach
  void stop() {
    events.close();
    api.close();
  }

  @Test
  void whoIsToldToComeBackLaterDoesSo() {
    faults.add(429);
    writer.apply(new Step.Create(object()));
    assertThat(asked).hasSize(2);
    assertThat(waits().getFirst()).isGreaterThanOrEqualTo(Duration.ofMillis(950));
  }

  @Test
  void aServerThatFailsIsAskedAgainEachTimeLater() {
    faults.addAll(List.of(500, 503, 500, 503));
    writer.apply(new Step.Create(object()));
    assertThat(asked).hasSize(5);
    assertThat(waits().getLast()).isGreaterThan(Duration.ofMillis(500));
  }

  private List<Duration> waits() {
    List<Duration> waits = new ArrayList<>();
    for (int i = 1; i < asked.size(); i++) {
      waits.add(Duration.ofNanos(asked.get(i) - asked.get(i - 1)));
    }
    return waits;
  }

  private static ConfigMap object() {
    return new ConfigMapBuilder()
        .withNewMetadata()
        .withNamespace("default")
        .withName("it")
        .endMetadata()
        .build();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      asked.add(System.nanoTime());
      byte[] body = exchange.getRequestBody().readAllBytes();
      Integer fault = faults.poll();
      if (fault != null) {
        if (fault == 429) {
          exchange.getResponseHeaders().set("Retry-After", "1");
        }
        exchange.sendResponseHeaders(fault, -1);
        return;
      }
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      byte[] answer =
          body.length > 0
              ? body
              : "{\"kind\":\"Status\",\"apiVersion\":\"v1\"}".getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(201, answer.length);
      exchange.getResponseBody().write(answer);
    }
  }
}
