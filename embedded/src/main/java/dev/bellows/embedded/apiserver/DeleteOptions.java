package dev.bellows.embedded.apiserver;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * How to delete, as {@code meta/v1 DeleteOptions} says it.
 *
 * @param gracePeriodSeconds how long a pod may take to end; empty: what the pod says
 * @param propagation what becomes of dependents; empty: the kind's default
 * @param uid delete only this very object
 * @param resourceVersion delete only this very state
 * @param dryRun check everything, change nothing
 */
public record DeleteOptions(
    OptionalLong gracePeriodSeconds,
    Optional<Propagation> propagation,
    Optional<String> uid,
    Optional<String> resourceVersion,
    boolean dryRun) {
  /** Delete as the kind does it by default. */
  public static final DeleteOptions DEFAULT =
      new DeleteOptions(
          OptionalLong.empty(), Optional.empty(), Optional.empty(), Optional.empty(), false);

  /** What becomes of the objects that the deleted one owns. */
  public enum Propagation {
    /** They stay, without the owner reference. */
    ORPHAN,
    /** The collector deletes them afterwards. */
    BACKGROUND,
    /** The owner goes after those that block its deletion. */
    FOREGROUND
  }

  /** The same with a grace period; 0 deletes a pod at once. */
  public DeleteOptions withGrace(long seconds) {
    return new DeleteOptions(OptionalLong.of(seconds), propagation, uid, resourceVersion, dryRun);
  }

  /** The same for only this very object. */
  public DeleteOptions ifUid(String onlyThis) {
    return new DeleteOptions(
        gracePeriodSeconds, propagation, Optional.of(onlyThis), resourceVersion, dryRun);
  }

  /** The same with a propagation policy. */
  public DeleteOptions withPropagation(Propagation policy) {
    return new DeleteOptions(gracePeriodSeconds, Optional.of(policy), uid, resourceVersion, dryRun);
  }
}
