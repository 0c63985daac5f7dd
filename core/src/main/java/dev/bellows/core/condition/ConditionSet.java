package dev.bellows.core.condition;

import java.util.List;

/**
 * The conditions of a kind of object: the one that sums up, and those it depends on.
 *
 * @param happy the condition that sums up, {@code Ready} for whatever lives on
 * @param dependents the conditions that make it up; others are for information only
 */
public record ConditionSet(String happy, List<String> dependents) {
  /** The summing-up condition of every kind that lives on. */
  public static final String READY = "Ready";

  public ConditionSet {
    dependents = List.copyOf(dependents);
    if (dependents.contains(happy)) {
      throw new IllegalArgumentException(happy + " cannot depend on itself");
    }
  }

  /** A kind whose {@code Ready} depends on these conditions. */
  public static ConditionSet living(String... dependents) {
    return new ConditionSet(READY, List.of(dependents));
  }

  boolean counts(String type) {
    return type.equals(happy) || dependents.contains(type);
  }
}
