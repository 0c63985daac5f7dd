package dev.bellows.app.cli;

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
}
