package dev.bellows.embedded.kubelet;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Optional;

/**
 * A probe with Kubernetes' defaults for what is left out or zero.
 *
 * @param definition the {@code core/v1 Probe}, for its handler
 */
record ProbeSpec(
    JsonNode definition,
    Duration initialDelay,
    Duration timeout,
    Duration period,
    int successThreshold,
    int failureThreshold) {

  /** The probe of a container under {@code readinessProbe} and the like, if it has one. */
  static Optional<ProbeSpec> of(JsonNode container, String field) {
    JsonNode probe = container.path(field);
    return probe.isObject()
        ? Optional.of(
            new ProbeSpec(
                probe,
                Duration.ofSeconds(probe.path("initialDelaySeconds").asLong(0)),
                Duration.ofSeconds(positive(probe, "timeoutSeconds", 1)),
                Duration.ofSeconds(positive(probe, "periodSeconds", 10)),
                positive(probe, "successThreshold", 1),
                positive(probe, "failureThreshold", 3)))
        : Optional.empty();
  }

  private static int positive(JsonNode probe, String field, int otherwise) {
    int value = probe.path(field).asInt(0);
    return value > 0 ? value : otherwise;
  }
}
