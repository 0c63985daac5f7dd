package dev.bellows.core.kpa;

import static dev.bellows.core.golden.Golden.number;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;

/** Decider specs as the recordings write them. */
final class RecordedSpec {
  private RecordedSpec() {}

  static DeciderSpec read(JsonNode spec) {
    return new DeciderSpec(
        spec.get("scalingMetric").textValue(),
        number(spec.get("targetValue")),
        number(spec.get("totalValue")),
        number(spec.get("targetBurstCapacity")),
        number(spec.get("activatorCapacity")),
        number(spec.get("panicThreshold")),
        number(spec.get("maxScaleUpRate")),
        number(spec.get("maxScaleDownRate")),
        Duration.ofMillis(spec.get("stableWindowMs").longValue()),
        Duration.ofMillis(spec.get("scaleDownDelayMs").longValue()),
        spec.get("initialScale").intValue(),
        spec.get("activationScale").intValue(),
        spec.get("reachable").booleanValue());
  }
}
