package dev.bellows.api;

import dev.bellows.core.condition.ConditionSet;
import dev.bellows.core.condition.Conditions;
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

  /** Whether a condition is there and holds. */
  default boolean isTrue(String type) {
    return condition(type).filter(each -> each.read().isTrue()).isPresent();
  }

  /** Whether a condition is there and does not hold. */
  default boolean isFalse(String type) {
    return condition(type).filter(each -> each.read().isFalse()).isPresent();
  }

  /** The conditions with the rules by which they add up. */
  default Conditions conditions(ConditionSet set) {
    return Conditions.of(set, conditions().stream().map(Condition::read).toList());
  }
}
