package dev.bellows.core.condition;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The conditions of one object; immutable. Marking one re-computes Ready (serving spec §0):
 *
 * <ul>
 *   <li>a dependent that becomes False makes Ready False, with the same reason and message;
 *   <li>one that becomes Unknown makes Ready Unknown likewise, unless another dependent is False;
 *   <li>one that becomes True lets Ready copy the dependent that turned False last, else the one
 *       that turned Unknown last, else be True.
 * </ul>
 *
 * <p>The instant of a marking is an argument; pass the same one all through a reconcile, so that
 * all changes of a pass carry one stamp, and end with {@link #keepingTimesOf}.
 */
public final class Conditions {
  /** Reason of Ready while a new generation has been seen but not reconciled. */
  public static final String NEW_OBSERVED_GENERATION = "NewObservedGenFailure";

  private static final String INFO = "Info";

  private final ConditionSet set;

  /** In the order in which they last changed: in one pass all stamps are alike. */
  private final List<Condition> byChange;

  private Conditions(ConditionSet set, List<Condition> byChange) {
    this.set = set;
    this.byChange = List.copyOf(byChange);
  }

  /** The conditions as an object carries them. Of two of the same type the later one counts. */
  public static Conditions of(ConditionSet set, Collection<Condition> stored) {
    List<Condition> byChange = new ArrayList<>();
    for (Condition each : stored) {
      byChange.removeIf(earlier -> earlier.type().equals(each.type()));
      byChange.add(each);
    }
    // Among equal stamps the first by name counts as the latest, as upstream's stable sort has it.
    byChange.sort(
        Comparator.comparing(Condition::lastTransition)
            .thenComparing(Condition::type, Comparator.reverseOrder()));
    return new Conditions(set, byChange);
  }

  /** No conditions yet. */
  public static Conditions none(ConditionSet set) {
    return new Conditions(set, List.of());
  }

  /**
   * Creates what is missing of Ready and its dependents: Unknown, or True if Ready already is,
   * since a condition that a newer version adds must not make a working object unready.
   */
  public Conditions initialized(Instant now) {
    Conditions result = this;
    if (get(set.happy()).isEmpty()) {
      result = result.with(set.happy(), ConditionStatus.UNKNOWN, "", "", now);
    }
    ConditionStatus start =
        result.isTrue(set.happy()) ? ConditionStatus.TRUE : ConditionStatus.UNKNOWN;
    for (String dependent : set.dependents()) {
      if (result.get(dependent).isEmpty()) {
        result = result.with(dependent, start, "", "", now);
      }
    }
    return result;
  }

  /** Says that the spec changed: what is known is about an older one. */
  public Conditions newGeneration(Instant now) {
    return with(
        set.happy(),
        ConditionStatus.UNKNOWN,
        NEW_OBSERVED_GENERATION,
        "This generation has been seen but not reconciled yet.",
        now);
  }

  /** Marks a condition True. */
  public Conditions markTrue(String type, Instant now) {
    return markTrue(type, "", "", now);
  }

  /** Marks a condition True and says why. */
  public Conditions markTrue(String type, String reason, String message, Instant now) {
    Conditions marked = with(type, ConditionStatus.TRUE, reason, message, now);
    if (!set.dependents().contains(type)) {
      return marked;
    }
    Condition unhappy =
        marked
            .latestDependent(Condition::isFalse)
            .or(() -> marked.latestDependent(Condition::isUnknown))
            .orElse(null);
    if (unhappy != null) {
      return marked.with(set.happy(), unhappy.status(), unhappy.reason(), unhappy.message(), now);
    }
    for (String dependent : set.dependents()) {
      if (marked.get(dependent).isEmpty()) {
        return marked.with(set.happy(), ConditionStatus.UNKNOWN, "", "", now);
      }
    }
    return marked.with(set.happy(), ConditionStatus.TRUE, "", "", now);
  }

  /** Marks a condition Unknown and says why. */
  public Conditions markUnknown(String type, String reason, String message, Instant now) {
    Conditions marked = with(type, ConditionStatus.UNKNOWN, reason, message, now);
    if (!set.dependents().contains(type)
        || marked.latestDependent(Condition::isFalse).isPresent()) {
      return marked;
    }
    return marked.with(set.happy(), ConditionStatus.UNKNOWN, reason, message, now);
  }

  /** Marks a condition False and says why. */
  public Conditions markFalse(String type, String reason, String message, Instant now) {
    Conditions marked = with(type, ConditionStatus.FALSE, reason, message, now);
    return set.dependents().contains(type)
        ? marked.with(set.happy(), ConditionStatus.FALSE, reason, message, now)
        : marked;
  }

  /**
   * Gives every condition that says what it said before its old stamp: one that changed and changed
   * back during a pass has not changed.
   */
  public Conditions keepingTimesOf(Conditions before) {
    return of(
        set,
        byChange.stream()
            .map(each ->
                before
                    .get(each.type())
                    .filter(each::saysTheSameAs)
                    .map(old -> each.since(old.lastTransition()))
                    .orElse(each))
            .toList());
  }

  /** The condition of a type, if there is one. */
  public Optional<Condition> get(String type) {
    return byChange.stream().filter(each -> each.type().equals(type)).findFirst();
  }

  /** Whether a condition holds; one that is missing does not. */
  public boolean isTrue(String type) {
    return get(type).filter(Condition::isTrue).isPresent();
  }

  /** Whether a condition is known not to hold. */
  public boolean isFalse(String type) {
    return get(type).filter(Condition::isFalse).isPresent();
  }

  /** Whether a condition is there and unknown. */
  public boolean isUnknown(String type) {
    return get(type).filter(Condition::isUnknown).isPresent();
  }

  /** Sorted by type, as objects carry them. */
  public List<Condition> list() {
    return byChange.stream().sorted(Comparator.comparing(Condition::type)).toList();
  }

  private Optional<Condition> latestDependent(Predicate<Condition> wanted) {
    return byChange.reversed().stream()
        .filter(each -> set.dependents().contains(each.type()))
        .filter(wanted)
        .findFirst();
  }

  private Conditions with(
      String type, ConditionStatus status, String reason, String message, Instant now) {
    Condition next =
        new Condition(type, status, set.counts(type) ? "" : INFO, reason, message, now);
    if (get(type).filter(next::saysTheSameAs).isPresent()) {
      return this;
    }
    List<Condition> changed = new ArrayList<>(byChange);
    changed.removeIf(each -> each.type().equals(type));
    changed.add(next);
    return new Conditions(set, changed);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Conditions that && set.equals(that.set) && list().equals(that.list());
  }

  @Override
  public int hashCode() {
    return list().hashCode();
  }

  @Override
  public String toString() {
    return list().stream().map(Condition::toString).collect(Collectors.joining(", "));
  }
}
