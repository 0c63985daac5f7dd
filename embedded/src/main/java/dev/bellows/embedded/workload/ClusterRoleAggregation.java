package dev.bellows.embedded.workload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.ApiException;
import dev.bellows.embedded.apiserver.Registry;
import dev.bellows.embedded.apiserver.ResourceTypes;
import dev.bellows.embedded.controller.Cache;
import dev.bellows.embedded.controller.ControllerLoop;
import dev.bellows.embedded.controller.Informers;
import dev.bellows.embedded.controller.JsonEquality;
import dev.bellows.embedded.controller.Key;
import dev.bellows.embedded.controller.Selector;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Gives a ClusterRole with an {@code aggregationRule} the rules of those that it selects. */
final class ClusterRoleAggregation implements AutoCloseable {
  private static final int CONCURRENCY = 1;

  private final Registry registry;
  private final Cache roles;
  private final ControllerLoop<Key> loop =
      new ControllerLoop<>("clusterroleaggregation", CONCURRENCY, this::reconcile);

  ClusterRoleAggregation(Registry registry, Informers informers) {
    this.registry = registry;
    roles = informers.cache(ResourceTypes.CLUSTER_ROLES);
    informers.listen(
        ResourceTypes.CLUSTER_ROLES,
        (before, after) -> {
          // Whichever role changes may be a part of any that collects.
          for (ObjectNode each : roles.all()) {
            if (each.path("aggregationRule").isObject()) {
              loop.enqueue(Key.of(each));
            }
          }
        });
  }

  void start() {
    loop.start();
  }

  private Optional<Duration> reconcile(Key key) {
    Optional<ObjectNode> found = roles.get(key);
    if (found.isEmpty() || !found.get().path("aggregationRule").isObject()) {
      return Optional.empty();
    }
    ArrayNode rules = rules(found.get());
    if (!JsonEquality.same(rules, found.get().path("rules"))) {
      try {
        registry.edit(ResourceTypes.CLUSTER_ROLES, "", key.name(), old -> old.set("rules", rules));
      } catch (ApiException e) {
        if (e.code() != 404) {
          throw e;
        }
      }
    }
    return Optional.empty();
  }

  private ArrayNode rules(ObjectNode collecting) {
    ArrayNode rules = JsonNodeFactory.instance.arrayNode();
    List<ObjectNode> byName =
        roles.all().stream().sorted(Comparator.comparing(role -> Key.of(role).name())).toList();
    for (JsonNode selector : collecting.path("aggregationRule").path("clusterRoleSelectors")) {
      for (ObjectNode role : byName) {
        if (Selector.matches(selector, role) && !Key.of(role).equals(Key.of(collecting))) {
          for (JsonNode rule : role.path("rules")) {
            if (!holds(rules, rule)) {
              rules.add(rule.deepCopy());
            }
          }
        }
      }
    }
    return rules;
  }

  private static boolean holds(ArrayNode rules, JsonNode rule) {
    for (JsonNode each : rules) {
      if (JsonEquality.same(each, rule)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void close() {
    loop.close();
  }
}
