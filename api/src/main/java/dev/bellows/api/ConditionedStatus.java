package dev.bellows.api;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The part that the statuses of all Knative kinds have in common. */
public interface ConditionedStatus {
  /** The generation of the spec that this status speaks of. */
  @Nullable Long observedGeneration();

  /** All conditions. */
  List<Condition> conditions();

  /** Further facts that have no field of their own. */
  Map<String, String> annotations();

  /** The condition of a type, if it is there. */
  default Optional<Condition> condition(String type) {
    return conditions().stream().filter(each -> each.type().equals(type)).findFirst();
  }

  /** Whether a condition is there and has a status. */
  default boolean has(String type, String status) {
    return condition(type).filter(each -> each.status().equals(status)).isPresent();
  }
}
