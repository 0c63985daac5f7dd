package dev.bellows.embedded.runtime;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

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
    NETWORK_NAMESPACE("network namespaces"),
    /** Showing a container files at paths of its own. */
    MOUNTS("volumes"),
    /** Running programs as any user. */
    IDENTITY("runAsUser"),
    /** Holding containers to an amount of memory. */
    MEMORY_LIMIT("memory limits"),
    /** Holding containers to a share of the processors. */
    CPU_LIMIT("CPU limits"),
    /** Holding containers to a number of processes. */
    PROCESS_LIMIT("process limits");

    private final String words;

    Power(String words) {
      this.words = words;
    }

    /** As people who write pods know it. */
    String words() {
      return words;
    }
  }

  public Powers {
    granted = Set.copyOf(granted);
  }

  /** What of a pod is in force and what is not, and why, in one line. */
  public String summary() {
    String here = listed(true);
    String missing = listed(false);
    return (here.isEmpty() ? "" : here + " are in force")
        + (here.isEmpty() || missing.isEmpty() ? "" : "; ")
        + (missing.isEmpty() ? "" : missing + " are not: " + hindrance);
  }

  private String listed(boolean there) {
    return Arrays.stream(Power.values())
        .filter(power -> power != Power.NETWORK_NAMESPACE && has(power) == there)
        .map(Power::words)
        .collect(Collectors.joining(", "));
  }

  /** Whether containers can be set apart in this way. */
  public boolean has(Power power) {
    return granted.contains(power);
  }
}
