package dev.bellows.core.podautoscaler;

import static dev.bellows.core.podautoscaler.PodAutoscalerStatus.ACTIVE;
import static dev.bellows.core.podautoscaler.PodAutoscalerStatus.SCALE_TARGET_INITIALIZED;

import dev.bellows.core.condition.Conditions;
import dev.bellows.core.kpa.ScalingSettings;
import java.time.Instant;

/** Whether a Revision is active, by what is wanted and what is ready (autoscaling spec §8). */
final class ActiveCondition {
  static final String QUEUED = "Queued";
  static final String NO_TRAFFIC = "NoTraffic";
  static final String TIMED_OUT = "TimedOut";

  private ActiveCondition() {}

  /** How many pods must be ready for the Revision to count as active. */
  static int threshold(ScalingSettings settings, PodAutoscalerStatus status) {
    int min = settings.scaleBounds().min();
    return Math.max(min, status.isScaleTargetInitialized() ? 1 : settings.initialScale());
  }

  static Conditions compute(
      ScalingSettings settings, PodAutoscalerStatus status, int want, int ready, Instant now) {
    int threshold = threshold(settings, status);
    boolean needed = want > 0 || !status.isInactive();
    Conditions conditions = status.conditions();
    if (ready >= threshold && !status.serviceName().isEmpty()) {
      conditions = conditions.markTrue(SCALE_TARGET_INITIALIZED, now);
    }
    // Nothing is wanted, or nothing is needed to begin with: then want is still undecided.
    if (want == 0 || threshold == 0) {
      return withoutTraffic(conditions, status, threshold, now);
    }
    if (ready < threshold) {
      return needed
          ? conditions.markUnknown(
              ACTIVE,
              QUEUED,
              "Requests to the target are being buffered as resources are provisioned.",
              now)
          : noTraffic(conditions, now);
    }
    return needed ? conditions.markTrue(ACTIVE, now) : conditions;
  }

  private static Conditions withoutTraffic(
      Conditions conditions, PodAutoscalerStatus status, int threshold, Instant now) {
    if (status.isActivating() && threshold > 0) {
      return conditions.markFalse(ACTIVE, TIMED_OUT, "The target could not be activated.", now);
    }
    // A failed activation stays visible until there is something new to say: ADR 0015.
    boolean timedOut =
        conditions.get(ACTIVE).filter(active -> active.reason().equals(TIMED_OUT)).isPresent();
    return timedOut ? conditions : noTraffic(conditions, now);
  }

  private static Conditions noTraffic(Conditions conditions, Instant now) {
    return conditions.markFalse(ACTIVE, NO_TRAFFIC, "The target is not receiving traffic.", now);
  }
}
