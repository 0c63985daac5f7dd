package dev.bellows.embedded.runtime;

/**
 * What something has taken of a machine.
 *
 * @param cpuNanos processor time since its start
 * @param memoryBytes resident memory now
 */
public record Usage(long cpuNanos, long memoryBytes) {
  /** Nothing. */
  public static final Usage NONE = new Usage(0, 0);

  /** Both together. */
  public Usage plus(Usage other) {
    return new Usage(cpuNanos + other.cpuNanos, memoryBytes + other.memoryBytes);
  }
}
