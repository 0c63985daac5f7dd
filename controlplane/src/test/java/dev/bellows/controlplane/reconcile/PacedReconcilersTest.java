package dev.bellows.controlplane.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import dev.bellows.controlplane.watch.Key;
import dev.bellows.controlplane.watch.Watched;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Several reconcilers share what one process may ask of an API server. */
class PacedReconcilersTest {
  private static final Duration PATIENCE = Duration.ofSeconds(40);
  private static final int KEYS = 2000;
  private static final int WORKERS = 4;

  /** {@code METHOD PATH} of what was asked, and for what is created its name. */
  private final List<String> asked = new CopyOnWriteArrayList<>();

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
  void oneWithThousandsOfKeysDoesNotStarveOneWithASingleKey() {
    try (Calls calls = new Calls(new ApiRate(100, 10));
        Controller<ConfigMap> busy = calls.controller("busy");
        Controller<ConfigMap> idle = calls.controller("idle")) {
      for (int i = 0; i < KEYS; i++) {
        busy.wake(new Key("n", "busy-" + i));
      }
      busy.start(WORKERS);
      idle.start(WORKERS);
      await().atMost(PATIENCE).until(() -> asked.size() > 20);
      idle.wake(new Key("n", "the-one"));
      await().atMost(PATIENCE).until(() -> asked.contains("POST the-one"));
      assertThat(asked.indexOf("POST the-one"))
          .as("calls before it, of %d that wait", KEYS)
          .isLessThan(KEYS / 2);
    }
  }

  @Test
  void howManyPodsThereAreIsWrittenAheadOfAllElse() throws InterruptedException {
    try (Calls calls = new Calls(new ApiRate(0.001, 1));
        Controller<ConfigMap> busy = calls.controller("busy")) {
      calls.pace.await();
      busy.wake(new Key("n", "waits-for-a-quarter-of-an-hour"));
      busy.start(WORKERS);
      calls.writer.apply(new Step.SetReplicas("apps/v1", "Deployment", new Key("n", "wanted"), 1));
      assertThat(asked)
          .containsExactly("PATCH /apis/apps/v1/namespaces/n/deployments/wanted/scale");
    }
  }

  /** What a process has, whose reconcilers create one object for each key. */
  private final class Calls implements AutoCloseable {
    private final Pace pace;
    private final EventRecorder events;
    private final ApiWriter writer;

    private Calls(ApiRate rate) {
      this.pace = new Pace(rate, System::nanoTime);
      this.events = new EventRecorder(api.client(), "test", Clock.systemUTC(), pace);
      this.writer = new ApiWriter(api.client(), events, pace);
    }

    private Controller<ConfigMap> controller(String name) {
      return new Controller<>(
          new Reconciler() {
            @Override
            public String name() {
              return name;
            }

            @Override
            public Outcome reconcile(Key key) {
              writer.apply(new Step.Create(object(key)));
              return Outcome.done();
            }
          },
          new Watched<>(ConfigMap.class),
          writer,
          type -> Optional.empty(),
          System::nanoTime);
    }

    @Override
    public void close() {
      events.close();
    }
  }

  private static ConfigMap object(Key key) {
    return new ConfigMapBuilder()
        .withNewMetadata()
        .withNamespace(key.namespace())
        .withName(key.name())
        .endMetadata()
        .build();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      asked.add(
          exchange.getRequestMethod()
              + " "
              + (exchange.getRequestMethod().equals("POST")
                  ? api.client()
                      .getKubernetesSerialization()
                      .unmarshal(new ByteArrayInputStream(body), ConfigMap.class)
                      .getMetadata()
                      .getName()
                  : exchange.getRequestURI().getPath()));
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      byte[] answer =
          exchange.getRequestMethod().equals("POST") ? body : "{}".getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(200, answer.length);
      exchange.getResponseBody().write(answer);
    }
  }
}
