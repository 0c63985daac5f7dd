package dev.bellows.controlplane.reconcile.podautoscaler;

import static dev.bellows.controlplane.reconcile.podautoscaler.PodAutoscalerChildren.orEmpty;

import dev.bellows.api.Condition;
import dev.bellows.core.podautoscaler.PodAutoscalerStatus;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** A PodAutoscaler's status between its wire form and core's. */
final class StatusForm {
  private StatusForm() {}

  static PodAutoscalerStatus read(
      dev.bellows.api.autoscaling.@Nullable PodAutoscalerStatus stored) {
    if (stored == null) {
      return PodAutoscalerStatus.NONE;
    }
    return new PodAutoscalerStatus(
        Objects.requireNonNullElse(stored.observedGeneration(), 0L),
        stored.conditions(PodAutoscalerStatus.CONDITIONS),
        orEmpty(stored.serviceName()),
        orEmpty(stored.metricsServiceName()),
        number(stored.desiredScale()),
        number(stored.actualScale()));
  }

  /**
   * @param before as it was seen: what we do not write of it stays
   */
  static dev.bellows.api.autoscaling.PodAutoscalerStatus write(
      PodAutoscalerStatus status,
      dev.bellows.api.autoscaling.@Nullable PodAutoscalerStatus before) {
    return new dev.bellows.api.autoscaling.PodAutoscalerStatus(
        status.observedGeneration(),
        status.conditions().list().stream().map(Condition::of).toList(),
        before == null ? Map.of() : before.annotations(),
        status.serviceName(),
        status.metricsServiceName(),
        number(status.desiredScale()),
        number(status.actualScale()));
  }

  private static OptionalInt number(@Nullable Integer stored) {
    return stored == null ? OptionalInt.empty() : OptionalInt.of(stored);
  }

  private static @Nullable Integer number(OptionalInt value) {
    return value.isPresent() ? value.getAsInt() : null;
  }
}
