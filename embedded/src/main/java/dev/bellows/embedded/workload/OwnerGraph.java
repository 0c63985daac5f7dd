package dev.bellows.embedded.workload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.ResourceType;
import dev.bellows.embedded.controller.Key;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Who owns whom, by UID, over all kinds. Safe for any number of threads. */
final class OwnerGraph {
  private final Map<String, Item> items = new HashMap<>();
  private final Map<String, Set<String>> dependents = new HashMap<>();

  /**
   * An object in the graph.
   *
   * @param owners the UIDs it names as its owners
   */
  record Item(String uid, ResourceType type, Key key, Set<String> owners) {}

  static Item item(ResourceType type, ObjectNode object) {
    Set<String> owners = new LinkedHashSet<>();
    for (JsonNode owner : object.path("metadata").path("ownerReferences")) {
      owners.add(owner.path("uid").asText());
    }
    return new Item(
        object.path("metadata").path("uid").asText(), type, Key.of(object), Set.copyOf(owners));
  }

  synchronized void put(Item item) {
    Item before = items.put(item.uid(), item);
    if (before != null) {
      unlink(before);
    }
    for (String owner : item.owners()) {
      dependents.computeIfAbsent(owner, any -> new LinkedHashSet<>()).add(item.uid());
    }
  }

  synchronized void remove(String uid) {
    Item before = items.remove(uid);
    if (before != null) {
      unlink(before);
    }
  }

  private void unlink(Item item) {
    for (String owner : item.owners()) {
      Set<String> uids = dependents.get(owner);
      if (uids != null) {
        uids.remove(item.uid());
        if (uids.isEmpty()) {
          dependents.remove(owner);
        }
      }
    }
  }

  synchronized Optional<Item> find(String uid) {
    return Optional.ofNullable(items.get(uid));
  }

  synchronized List<Item> dependents(String uid) {
    List<Item> found = new ArrayList<>();
    for (String dependent : dependents.getOrDefault(uid, Set.of())) {
      Item item = items.get(dependent);
      if (item != null) {
        found.add(item);
      }
    }
    return found;
  }
}
