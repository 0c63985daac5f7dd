package dev.bellows.embedded.runtime;

import java.util.Set;

/**
 * What a runtime can do on this machine.
 *
 * @param granted the ways in which it can set containers apart
 * @param hindrance why it cannot do the rest, and what to do about it, in one line; empty if there
 *     is no rest
 */
public record Powers(Set<Power> granted, String hindrance) {
  /** One way of setting a container apart. */
  public enum Power {
    /** Entering a network namespace. */
    NETWORK_NAMESPACE,
    /** Showing a container files at paths of its own. */
    MOUNTS,
    /** Running programs as any user. */
    IDENTITY,
    /** Holding containers to an amount of memory. */
    MEMORY_LIMIT,
    /** Holding containers to a share of the processors. */
    CPU_LIMIT,
    /** Holding containers to a number of processes. */
    PROCESS_LIMIT
  }

  public Powers {
    granted = Set.copyOf(granted);
  }

  /** Whether containers can be set apart in this way. */
  public boolean has(Power power) {
    return granted.contains(power);
  }
}
