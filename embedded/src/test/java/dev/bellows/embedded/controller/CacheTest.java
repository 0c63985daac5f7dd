package dev.bellows.embedded.controller;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.ResourceTypes;
import java.util.List;
import org.junit.jupiter.api.Test;

class CacheTest {
  private static final Key KEY = new Key("default", "web");

  private final Cache cache = new Cache(ResourceTypes.DEPLOYMENTS);

  @Test
  void anObjectThatTheWatchSaysIsGoneStaysGoneWhenAnOlderWriteIsAnswered() {
    cache.follow(atVersion(5));
    cache.remove(atVersion(7));

    assertThat(cache.apply(atVersion(6)).taken()).isFalse();

    assertThat(cache.get(KEY)).isEmpty();
  }

  @Test
  void anObjectThatAListDoesNotHaveStaysGoneWhenAnOlderWriteIsAnswered() {
    cache.toldUpTo(7);

    assertThat(cache.apply(atVersion(6)).taken()).isFalse();

    assertThat(cache.get(KEY)).isEmpty();
  }

  @Test
  void anAnswerToAWriteIsKnownBeforeTheWatchTellsOfIt() {
    cache.follow(atVersion(5));
    cache.remove(atVersion(7));

    assertThat(cache.apply(atVersion(8)).taken()).isTrue();

    assertThat(cache.get(KEY)).contains(atVersion(8));
  }

  @Test
  void whatTheWatchTellsTooLateDoesNotTakeTheAnswerToAWriteBack() {
    cache.follow(atVersion(5));
    cache.apply(atVersion(7));

    assertThat(cache.follow(atVersion(6)).taken()).isFalse();

    assertThat(cache.get(KEY)).contains(atVersion(7));
  }

  @Test
  void anObjectIsFoundByWhatItSaysNowAndInItsNamespaceAlone() {
    Cache.Index byColor =
        cache.indexBy(object -> List.of(object.path("metadata").path("color").asText()));
    cache.follow(colored(1, "red"));
    assertThat(byColor.get("default", "red")).containsExactly(colored(1, "red"));
    assertThat(byColor.get("other", "red")).isEmpty();

    cache.follow(colored(2, "blue"));
    assertThat(byColor.get("default", "red")).isEmpty();
    assertThat(byColor.get("default", "blue")).containsExactly(colored(2, "blue"));

    cache.remove(colored(3, "blue"));
    assertThat(byColor.get("default", "blue")).isEmpty();
  }

  private static ObjectNode colored(long version, String color) {
    ObjectNode object = atVersion(version);
    object.withObjectProperty("metadata").put("color", color);
    return object;
  }

  private static ObjectNode atVersion(long version) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    object
        .putObject("metadata")
        .put("namespace", KEY.namespace())
        .put("name", KEY.name())
        .put("resourceVersion", Long.toString(version));
    return object;
  }
}
