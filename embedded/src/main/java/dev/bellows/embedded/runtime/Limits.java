package dev.bellows.embedded.runtime;

import java.util.OptionalLong;

/**
 * What a container may use; empty = as much as there is.
 *
 * @param memoryBytes at more the kernel kills one of its processes
 * @param cpuMillis thousandths of one processor's time
 * @param processes processes and threads together
 */
public record Limits(OptionalLong memoryBytes, OptionalLong cpuMillis, OptionalLong processes) {
  /** No limit at all. */
  public static final Limits NONE =
      new Limits(OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty());
}
