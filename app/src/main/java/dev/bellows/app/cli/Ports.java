package dev.bellows.app.cli;

import java.util.Optional;
import java.util.OptionalInt;

/** Ports as options name them. */
final class Ports {
  private static final int LAST = 65_535;

  private Ports() {}

  /**
   * @throws UserError if it is none
   */
  static void check(String option, int port) {
    if (port < 0 || port > LAST) {
      throw UserError.wrongWords(
          option + " " + port + " is no port; such are 1 to 65535, and 0 for any free one");
    }
  }

  /**
   * As {@link #check(String, int)}, of a port that may be left out.
   *
   * @throws UserError if it is given and is none
   */
  static OptionalInt check(String option, Optional<Integer> port) {
    port.ifPresent(given -> check(option, given));
    return port.map(OptionalInt::of).orElseGet(OptionalInt::empty);
  }
}
