package dev.bellows.controlplane.reconcile.podautoscaler;

import static dev.bellows.controlplane.reconcile.podautoscaler.PodAutoscalerChildren.orEmpty;

import dev.bellows.api.Condition;
import dev.bellows.core.podautoscaler.PodAutoscalerStatus;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A PodAutoscaler's status between its wire form and core's. */
final class StatusForm {
  /** Upstream's status has no field that says why the activator is in the path. */
  static final String ACTIVATOR_IN_PATH = "bellows.dev/activator-in-path";

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
        number(stored.actualScale()),
        stored.annotations().getOrDefault(ACTIVATOR_IN_PATH, ""));
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
        annotations(status, before == null ? Map.of() : before.annotations()),
        status.serviceName(),
        status.metricsServiceName(),
        number(status.desiredScale()),
        number(status.actualScale()));
  }

  private static Map<String, String> annotations(
      PodAutoscalerStatus status, Map<String, String> before) {
    Map<String, String> annotations = new TreeMap<>(before);
    if (status.activatorInPath().isEmpty()) {
      annotations.remove(ACTIVATOR_IN_PATH);
    } else {
      annotations.put(ACTIVATOR_IN_PATH, status.activatorInPath());
    }
    return annotations;
  }

  private static OptionalInt number(@Nullable Integer stored) {
    return stored == null ? OptionalInt.empty() : OptionalInt.of(stored);
  }

  private static @Nullable Integer number(OptionalInt value) {
    return value.isPresent() ? value.getAsInt() : null;
  }
}
