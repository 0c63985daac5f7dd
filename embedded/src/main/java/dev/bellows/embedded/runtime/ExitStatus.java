package dev.bellows.embedded.runtime;

import java.util.OptionalInt;

/**
 * How a container ended.
 *
 * @param code the exit code; for a death by signal 128 + its number, as every container runtime
 *     says it
 */
public record ExitStatus(int code) {
  private static final int SIGNAL_BASE = 128;
  private static final int LAST_SIGNAL = 64;

  /** The signal, if the code says that one ended the program. */
  public OptionalInt signal() {
    return code > SIGNAL_BASE && code <= SIGNAL_BASE + LAST_SIGNAL
        ? OptionalInt.of(code - SIGNAL_BASE)
        : OptionalInt.empty();
  }
}
