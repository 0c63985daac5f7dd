package dev.bellows.controlplane.reconcile;

import dev.bellows.api.ConditionedStatus;
import dev.bellows.core.condition.Condition;
import dev.bellows.core.condition.ConditionSet;
import dev.bellows.core.condition.ConditionStatus;
import dev.bellows.core.condition.Conditions;
import io.fabric8.kubernetes.client.CustomResource;
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
    return status == null ? Conditions.none(set) : status.conditions(set);
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

  /** Marks a condition with what another object's Ready says; Unknown if it says nothing. */
  public static Conditions copyReady(
      Conditions conditions, String type, ConditionedStatus from, Instant now) {
    Condition ready =
        from.condition(ConditionSet.READY)
            .map(dev.bellows.api.Condition::read)
            .orElse(new Condition(ConditionSet.READY, ConditionStatus.UNKNOWN, "", "", "", now));
    return switch (ready.status()) {
      case TRUE -> conditions.markTrue(type, now);
      case FALSE -> conditions.markFalse(type, ready.reason(), ready.message(), now);
      case UNKNOWN -> conditions.markUnknown(type, ready.reason(), ready.message(), now);
    };
  }

  /**
   * The step that writes a status.
   *
   * @param copy a new object of the kind, to be filled
   * @param seen the object as it was seen; stays as it is
   * @param status the new status
   */
  public static <S, T, R extends CustomResource<S, T>> Step update(R copy, R seen, T status) {
    return update(copy, seen, status, false);
  }

  /**
   * The step that writes a status.
   *
   * @param copy a new object of the kind, to be filled
   * @param seen the object as it was seen; stays as it is
   * @param status the new status
   * @param interim whether it may wait, as of {@link Step.UpdateStatus}
   */
  public static <S, T, R extends CustomResource<S, T>> Step update(
      R copy, R seen, T status, boolean interim) {
    copy.setMetadata(seen.getMetadata());
    copy.setSpec(seen.getSpec());
    copy.setStatus(status);
    return new Step.UpdateStatus(copy, interim);
  }

  /**
   * Whether an object is still on its way: nobody knows yet whether it gets ready, as nobody did
   * when its status was written last, of the same generation.
   *
   * @param before as it was seen, null if the object has none yet
   */
  public static boolean isUnderway(@Nullable ConditionedStatus before, ConditionedStatus after) {
    return isUnknown(after)
        && (before == null
            || (isUnknown(before)
                && Objects.equals(before.observedGeneration(), after.observedGeneration())));
  }

  private static boolean isUnknown(ConditionedStatus status) {
    return !status.isTrue(ConditionSet.READY) && !status.isFalse(ConditionSet.READY);
  }

  // Absent rather than empty, as it will be read back: else it would differ for ever.
  private static dev.bellows.api.Condition toApi(Condition condition) {
    return new dev.bellows.api.Condition(
        condition.type(),
        condition.status().wireName(),
        orNull(condition.severity()),
        condition.lastTransition().truncatedTo(ChronoUnit.SECONDS).toString(),
        orNull(condition.reason()),
        orNull(condition.message()));
  }

  private static @Nullable String orNull(String text) {
    return text.isEmpty() ? null : text;
  }
}
