package dev.bellows.embedded.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.DeleteOptions;
import dev.bellows.embedded.apiserver.Registry;
import dev.bellows.embedded.apiserver.ResourceType;
import dev.bellows.embedded.apiserver.ResourceTypes;
import dev.bellows.embedded.store.DataDirectory;
import dev.bellows.embedded.store.ObjectStore;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InformersTest {
  private static final ResourceType KIND = ResourceTypes.CONFIG_MAPS;

  @TempDir private Path home;
  private DataDirectory directory;
  private ObjectStore store;
  private Registry registry;
  private Informers informers;
  private final List<ObjectNode> told = new CopyOnWriteArrayList<>();

  @BeforeEach
  void open() {
    directory = DataDirectory.claim(home);
    store = ObjectStore.open(directory);
    registry = Registry.open(store, Clock.systemUTC(), List.of());
    ObjectNode namespace = JsonNodeFactory.instance.objectNode();
    namespace.putObject("metadata").put("name", "default");
    registry.create(ResourceTypes.NAMESPACES, namespace);
    informers = new Informers(registry);
  }

  @AfterEach
  void close() {
    informers.close();
    store.close();
    directory.close();
  }

  private void tell(ObjectNode before, ObjectNode after) {
    told.add(after == null ? before : after);
  }

  private void create(String name) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    object.putObject("metadata").put("namespace", "default").put("name", name);
    object.putObject("data").put("key", "value");
    registry.create(KIND, object);
  }

  @Test
  void whoLooksAtMetadataAloneIsToldNoMore() {
    create("before");
    informers.listenToMetadata(KIND, this::tell);
    informers.start();
    create("after");
    await().until(() -> told.size() == 2);
    registry.delete(KIND, "default", "after", DeleteOptions.DEFAULT);
    await().until(() -> told.size() == 3);

    assertThat(told)
        .extracting(object -> Key.of(object).name())
        .containsExactly("before", "after", "after");
    assertThat(told)
        .allSatisfy(object -> {
          assertThat(object.fieldNames())
              .toIterable()
              .containsExactlyInAnyOrder("apiVersion", "kind", "metadata");
          assertThat(object.path("metadata").path("uid").asText()).isNotEmpty();
        });
  }

  @Test
  void objectsAreWholeWhereSomebodyAsksForThem() {
    create("before");
    informers.listenToMetadata(KIND, this::tell);
    Cache cache = informers.cache(KIND);
    informers.start();
    create("after");
    await().until(() -> told.size() == 2);

    assertThat(told).allSatisfy(object -> assertThat(object.has("data")).isTrue());
    assertThat(cache.get(new Key("default", "after")).orElseThrow().has("data")).isTrue();
  }

  @Test
  void wholeObjectsCannotBeHadOfAKindWhoseMetadataAreFollowed() {
    informers.listenToMetadata(KIND, this::tell);
    informers.start();
    assertThatThrownBy(() -> informers.cache(KIND))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("only metadata are kept of configmaps, which has been started");
  }
}
