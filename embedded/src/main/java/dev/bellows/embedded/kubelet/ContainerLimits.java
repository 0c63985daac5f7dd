package dev.bellows.embedded.kubelet;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.embedded.runtime.Limits;
import dev.bellows.embedded.runtime.Powers;
import java.util.OptionalLong;

/** What a container is held to, of what it asks for, on this machine. */
final class ContainerLimits {
  /** Processes and threads of a container: enough for any server, too few for a fork bomb. */
  static final long MAX_PROCESSES = 4096;

  private ContainerLimits() {}

  /** The limits that can be in force here; those that cannot are left out, as {@code up} says. */
  static Limits of(JsonNode container, Powers powers) {
    JsonNode limits = container.path("resources").path("limits");
    OptionalLong memory =
        limits.has("memory") && powers.has(Powers.Power.MEMORY_LIMIT)
            ? OptionalLong.of(Quantity.bytes(limits.path("memory").asText()))
            : OptionalLong.empty();
    OptionalLong cpu =
        limits.has("cpu") && powers.has(Powers.Power.CPU_LIMIT)
            ? OptionalLong.of(Quantity.thousandths(limits.path("cpu").asText()))
            : OptionalLong.empty();
    OptionalLong processes =
        powers.has(Powers.Power.PROCESS_LIMIT)
            ? OptionalLong.of(MAX_PROCESSES)
            : OptionalLong.empty();
    return new Limits(memory, cpu, processes);
  }
}
