package dev.bellows.core.podautoscaler;

import dev.bellows.core.condition.ConditionSet;
import dev.bellows.core.condition.Conditions;
import java.util.OptionalInt;

/**
 * The status of a PodAutoscaler.
 *
 * @param observedGeneration the generation it is about
 * @param conditions Active, ScaleTargetInitialized, SKSReady, and Ready as their sum
 * @param serviceName the Service that requests go to; empty = there is none yet
 * @param metricsServiceName the Service whose pods can be scraped; empty = there is none yet
 * @param desiredScale pods wanted at last; -1 = nothing decided yet; absent = never reconciled
 * @param actualScale pods ready at last; absent = never reconciled
 * @param activatorInPath why requests pass through activators, as one sentence; empty = they do not
 */
public record PodAutoscalerStatus(
    long observedGeneration,
    Conditions conditions,
    String serviceName,
    String metricsServiceName,
    OptionalInt desiredScale,
    OptionalInt actualScale,
    String activatorInPath) {

  /** Whether the Revision gets requests and has the pods for them. */
  public static final String ACTIVE = "Active";

  /** Whether the Revision once had as many pods as it should begin with; never reverts. */
  public static final String SCALE_TARGET_INITIALIZED = "ScaleTargetInitialized";

  /** Whether the ServerlessService is ready. */
  public static final String SKS_READY = "SKSReady";

  /** A PodAutoscaler is ready when all three hold; one scaled to zero is therefore not. */
  public static final ConditionSet CONDITIONS =
      ConditionSet.living(ACTIVE, SCALE_TARGET_INITIALIZED, SKS_READY);

  /** The status of an object that has none. */
  public static final PodAutoscalerStatus NONE =
      new PodAutoscalerStatus(
          0, Conditions.none(CONDITIONS), "", "", OptionalInt.empty(), OptionalInt.empty(), "");

  /** Whether nobody knows yet whether there will be pods: they are coming up. */
  public boolean isActivating() {
    return !conditions.isTrue(ACTIVE) && !conditions.isFalse(ACTIVE);
  }

  /** Whether it is known that there are no requests, or no pods for them. */
  public boolean isInactive() {
    return conditions.isFalse(ACTIVE);
  }

  /** Whether the Revision once had as many pods as it should begin with. */
  public boolean isScaleTargetInitialized() {
    return conditions.isTrue(SCALE_TARGET_INITIALIZED);
  }

  PodAutoscalerStatus with(Conditions newConditions) {
    return new PodAutoscalerStatus(
        observedGeneration,
        newConditions,
        serviceName,
        metricsServiceName,
        desiredScale,
        actualScale,
        activatorInPath);
  }

  PodAutoscalerStatus withGeneration(long generation) {
    return new PodAutoscalerStatus(
        generation,
        conditions,
        serviceName,
        metricsServiceName,
        desiredScale,
        actualScale,
        activatorInPath);
  }

  PodAutoscalerStatus withServiceName(String name) {
    return new PodAutoscalerStatus(
        observedGeneration,
        conditions,
        name,
        metricsServiceName,
        desiredScale,
        actualScale,
        activatorInPath);
  }

  PodAutoscalerStatus withMetricsServiceName(String name) {
    return new PodAutoscalerStatus(
        observedGeneration,
        conditions,
        serviceName,
        name,
        desiredScale,
        actualScale,
        activatorInPath);
  }

  /** What is undecided does not hide what was decided before. */
  PodAutoscalerStatus withScale(int want, int ready) {
    OptionalInt desired =
        want == Want.UNDECIDED && desiredScale.orElse(Want.UNDECIDED) >= 0
            ? desiredScale
            : OptionalInt.of(want);
    return new PodAutoscalerStatus(
        observedGeneration,
        conditions,
        serviceName,
        metricsServiceName,
        desired,
        OptionalInt.of(ready),
        activatorInPath);
  }

  PodAutoscalerStatus withActivatorInPath(String because) {
    return new PodAutoscalerStatus(
        observedGeneration,
        conditions,
        serviceName,
        metricsServiceName,
        desiredScale,
        actualScale,
        because);
  }
}
