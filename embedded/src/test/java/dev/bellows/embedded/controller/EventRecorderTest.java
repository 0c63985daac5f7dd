package dev.bellows.embedded.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.Registry;
import dev.bellows.embedded.apiserver.ResourceTypes;
import dev.bellows.embedded.store.DataDirectory;
import dev.bellows.embedded.store.ObjectStore;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventRecorderTest {
  @TempDir private Path home;

  @Test
  void ofTooManyEventsTheOldestGo() {
    try (DataDirectory directory = DataDirectory.claim(home);
        ObjectStore store = ObjectStore.open(directory)) {
      Registry registry = Registry.open(store, Clock.systemUTC(), List.of());
      ObjectNode namespace = JsonNodeFactory.instance.objectNode();
      namespace.putObject("metadata").put("name", "default");
      ObjectNode about = registry.create(ResourceTypes.NAMESPACES, namespace);
      try (EventRecorder events = new EventRecorder(registry, Clock.systemUTC(), 20)) {
        for (int i = 0; i < 100; i++) {
          events.record(about, EventRecorder.Type.NORMAL, "Happened", "thing " + i, "test");
        }

        await().untilAsserted(() -> assertThat(messages(registry)).contains("thing 99"));
        await()
            .untilAsserted(() ->
                assertThat(messages(registry))
                    .hasSizeLessThanOrEqualTo(22)
                    .contains("thing 99")
                    .doesNotContain("thing 0"));
      }
    }
  }

  @Test
  void whatStillWaitsIsWrittenOnClosing() {
    try (DataDirectory directory = DataDirectory.claim(home);
        ObjectStore store = ObjectStore.open(directory)) {
      Registry registry = Registry.open(store, Clock.systemUTC(), List.of());
      ObjectNode namespace = JsonNodeFactory.instance.objectNode();
      namespace.putObject("metadata").put("name", "default");
      ObjectNode about = registry.create(ResourceTypes.NAMESPACES, namespace);
      EventRecorder events = new EventRecorder(registry, Clock.systemUTC());
      events.record(about, EventRecorder.Type.NORMAL, "Happened", "first", "test");
      events.record(about, EventRecorder.Type.NORMAL, "Happened", "second", "test");
      events.close();

      assertThat(messages(registry)).containsExactlyInAnyOrder("first", "second");
    }
  }

  private static List<String> messages(Registry registry) {
    return registry.list(ResourceTypes.EVENTS, null).items().stream()
        .map(event -> event.path("message").asText())
        .toList();
  }
}
