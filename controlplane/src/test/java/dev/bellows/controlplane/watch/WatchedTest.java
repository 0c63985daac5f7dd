package dev.bellows.controlplane.watch;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is seen of one kind. */
class WatchedTest {
  private final Watched<ConfigMap> maps = new Watched<>(ConfigMap.class);
  private final Watched.Index<ConfigMap> byColour = maps.indexByLabel("colour");
  private final List<Change<ConfigMap>> told = new ArrayList<>();

  @Test
  void anObjectIsFoundByItsLabelUntilTheLabelChanges() {
    maps.put(map("a", "1", "red"));
    assertThat(byColour.get("red")).hasSize(1);
    maps.put(map("a", "2", "blue"));
    assertThat(byColour.get("red")).isEmpty();
    assertThat(byColour.get("blue")).hasSize(1);
    maps.remove(map("a", "2", "blue"));
    assertThat(byColour.get("blue")).isEmpty();
    assertThat(maps.find("n", "a")).isEmpty();
  }

  @Test
  void aListenerHearsOfChangesButNotOfWhatIsTheSame() {
    maps.onChange(told::add);
    maps.put(map("a", "1", "red"));
    maps.put(map("a", "1", "red"));
    maps.put(map("a", "2", "blue"));
    maps.remove(map("a", "3", "blue"));
    maps.remove(map("a", "3", "blue"));
    assertThat(told)
        .hasExactlyElementsOfTypes(Change.Added.class, Change.Updated.class, Change.Removed.class);
  }

  @Test
  void childrenAreFoundByTheirController() {
    ConfigMap child =
        new ConfigMapBuilder(map("child", "1", "red"))
            .editMetadata()
            .addNewOwnerReference()
            .withUid("parent")
            .withController(true)
            .endOwnerReference()
            .addNewOwnerReference()
            .withUid("bystander")
            .endOwnerReference()
            .endMetadata()
            .build();
    maps.put(child);
    assertThat(maps.controlledBy("parent")).containsExactly(child);
    assertThat(maps.controlledBy("bystander")).isEmpty();
  }

  private static ConfigMap map(String name, String version, String colour) {
    return new ConfigMapBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace("n")
        .withResourceVersion(version)
        .addToLabels("colour", colour)
        .endMetadata()
        .build();
  }
}
