package dev.bellows.controlplane.reconcile;

import dev.bellows.api.ConditionedStatus;
import dev.bellows.core.condition.Condition;
import dev.bellows.core.condition.ConditionSet;
import dev.bellows.core.condition.ConditionStatus;
import dev.bellows.core.condition.Conditions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Conditions between the objects of the API and {@code core}. A pass starts from {@link #before},
 * marks, and writes {@link #after}.
 */
public final class StatusConditions {
  private StatusConditions() {}

  /**
   * The conditions a pass starts from (serving spec §0): missing ones are created, and a generation
   * not seen before makes Ready unknown.
   *
   * @param status as it was seen, null if the object has none yet
   * @param generation the object's
   */
  public static Conditions before(
      ConditionSet set,
      @Nullable ConditionedStatus status,
      @Nullable Long generation,
      Instant now) {
    Conditions conditions = stored(set, status).initialized(now);
    boolean observed = status != null && Objects.equals(status.observedGeneration(), generation);
    return observed ? conditions : conditions.newGeneration(now);
  }

  /** The conditions that an object carries. */
  public static Conditions stored(ConditionSet set, @Nullable ConditionedStatus status) {
    return status == null
        ? Conditions.none(set)
        : Conditions.of(set, status.conditions().stream().map(StatusConditions::toCore).toList());
  }

  /**
   * The conditions to write: sorted by type, in whole seconds, those that say what they said keep
   * their stamps.
   *
   * @param status as it was seen
   */
  public static List<dev.bellows.api.Condition> after(
      ConditionSet set, Conditions marked, @Nullable ConditionedStatus status) {
    return marked.keepingTimesOf(stored(set, status)).list().stream()
        .map(StatusConditions::toApi)
        .toList();
  }

  private static Condition toCore(dev.bellows.api.Condition condition) {
    return new Condition(
        condition.type(),
        ConditionStatus.of(condition.status()),
        orEmpty(condition.severity()),
        orEmpty(condition.reason()),
        orEmpty(condition.message()),
        condition.lastTransitionTime() == null
            ? Instant.EPOCH
            : Instant.parse(condition.lastTransitionTime()));
  }

  private static dev.bellows.api.Condition toApi(Condition condition) {
    return new dev.bellows.api.Condition(
        condition.type(),
        condition.status().wireName(),
        orNull(condition.severity()),
        orNull(condition.reason()),
        orNull(condition.message()),
        condition.lastTransition().truncatedTo(ChronoUnit.SECONDS).toString());
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }

  private static @Nullable String orNull(String text) {
    return text.isEmpty() ? null : text;
  }
}
