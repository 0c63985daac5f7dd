package dev.bellows.embedded.runtime;

import java.util.OptionalInt;

/**
 * How a container ended.
 *
 * @param code the exit code; for a death by signal 128 + its number, as every container runtime
 *     says it
 * @param outOfMemory whether the kernel killed one of its processes because the container had used
 *     up its memory
 */
public record ExitStatus(int code, boolean outOfMemory) {
  private static final int SIGNAL_BASE = 128;
  private static final int LAST_SIGNAL = 64;

  /** An end that had nothing to do with memory. */
  public ExitStatus(int code) {
    this(code, false);
  }

  /** The signal, if the code says that one ended the program. */
  public OptionalInt signal() {
    return code > SIGNAL_BASE && code <= SIGNAL_BASE + LAST_SIGNAL
        ? OptionalInt.of(code - SIGNAL_BASE)
        : OptionalInt.empty();
  }
}
