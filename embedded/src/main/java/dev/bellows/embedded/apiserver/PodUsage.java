package dev.bellows.embedded.apiserver;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/**
 * What something takes of the machine.
 *
 * @param at until when it was measured
 * @param window for how long
 * @param parts by name: a pod's containers; a node's one part has no name
 */
public record PodUsage(Instant at, Duration window, Map<String, Part> parts) {
  /**
   * What one part takes.
   *
   * @param nanoCores processor time per time: 10^9 is one core
   * @param memoryBytes resident memory at the end
   */
  public record Part(long nanoCores, long memoryBytes) {}

  public PodUsage {
    parts = Map.copyOf(parts);
  }
}
