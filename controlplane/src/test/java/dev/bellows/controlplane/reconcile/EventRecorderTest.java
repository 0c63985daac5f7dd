package dev.bellows.controlplane.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import dev.bellows.controlplane.reconcile.Step.Severity;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EventRecorderTest {
  private static final Duration FOR_EVER = Duration.ofDays(1);

  private final List<JsonNode> written = new CopyOnWriteArrayList<>();
  private volatile Instant now = Instant.parse("2026-01-02T03:04:05Z");
  private volatile boolean busy;
  private AnsweringApi api;

  @BeforeEach
  void start() throws IOException {
    api = AnsweringApi.start(this::answer);
  }

  @AfterEach
  void stop() {
    api.close();
  }

  @Test
  void anEventGivesWayToWhatIsMoreUrgentAndTellsWhenItWas() {
    busy = true;
    try (EventRecorder events = recorder(FOR_EVER)) {
      events.record(announce("First"));
      now = now.plusSeconds(3);
      events.record(announce("Second"));
      assertThat(written).isEmpty();
      busy = false;
      await().untilAsserted(() -> assertThat(reasons()).containsExactly("First", "Second"));
    }
    assertThat(written)
        .extracting(event -> event.path("firstTimestamp").textValue())
        .containsExactly("2026-01-02T03:04:05Z", "2026-01-02T03:04:08Z");
  }

  @Test
  void anEventGivesWayForAWhileOnly() {
    busy = true;
    try (EventRecorder events = recorder(Duration.ofMillis(1))) {
      events.record(announce("Late"));
      await().untilAsserted(() -> assertThat(reasons()).containsExactly("Late"));
    }
  }

  @Test
  void whatWaitsIsWrittenBeforeAnOrderlyEnd() {
    busy = true;
    EventRecorder events = recorder(FOR_EVER);
    List<String> all = List.of("One", "Two", "Three");
    all.forEach(reason -> events.record(announce(reason)));
    events.close();
    assertThat(reasons()).containsExactlyElementsOf(all);
  }

  @Test
  void eventsOfTheSameTimeHaveNamesOfTheirOwn() {
    try (EventRecorder events = recorder(FOR_EVER)) {
      events.record(announce("One"));
      events.record(announce("Two"));
      await().untilAsserted(() -> assertThat(written).hasSize(2));
    }
    assertThat(written)
        .extracting(event -> event.path("metadata").path("name").textValue())
        .doesNotHaveDuplicates();
  }

  private EventRecorder recorder(Duration longestWay) {
    return new EventRecorder(
        api.client(), "test", () -> now, Pace.unlimited(), () -> busy, longestWay);
  }

  private static Step.Announce announce(String reason) {
    HasMetadata about =
        new ConfigMapBuilder()
            .withNewMetadata()
            .withNamespace("default")
            .withName("it")
            .withUid("1")
            .endMetadata()
            .build();
    return new Step.Announce(about, Severity.NORMAL, reason, "It happened.");
  }

  private List<String> reasons() {
    return written.stream().map(event -> event.path("reason").textValue()).toList();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      written.add(new ObjectMapper().readTree(body));
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(201, body.length);
      exchange.getResponseBody().write(body);
    }
  }
}
