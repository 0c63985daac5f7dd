package dev.bellows.controlplane.reconcile.metric;

import dev.bellows.controlplane.scaling.CollectionError;
import dev.bellows.core.condition.ConditionSet;
import dev.bellows.core.condition.Conditions;
import java.time.Instant;
import java.util.Optional;

/** What a Metric's status says about its collection (autoscaling spec §6). */
final class MetricConditions {
  /** A Metric has nothing but Ready. */
  static final ConditionSet CONDITIONS = ConditionSet.living();

  private static final String COLLECTION_FAILED_PREFIX = "Failed to reconcile metric collection: ";

  private MetricConditions() {}

  static Conditions of(Conditions before, Optional<CollectionError> error, Instant now) {
    return error
        .map(failure -> failed(before, failure, now))
        .orElseGet(() -> before.markTrue(ConditionSet.READY, now));
  }

  private static Conditions failed(Conditions before, CollectionError error, Instant now) {
    String reason = error.reason().toString();
    return switch (error.reason()) {
      // Whoever cannot be listed may be well all the same.
      case NO_ENDPOINTS -> before.markUnknown(ConditionSet.READY, reason, error.message(), now);
      case DID_NOT_RECEIVE_STAT ->
          before.markFalse(ConditionSet.READY, reason, error.message(), now);
      case COLLECTION_FAILED ->
          before.markFalse(
              ConditionSet.READY, reason, COLLECTION_FAILED_PREFIX + error.message(), now);
    };
  }
}
