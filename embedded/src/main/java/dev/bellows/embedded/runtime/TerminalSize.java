package dev.bellows.embedded.runtime;

/**
 * How much a terminal shows.
 *
 * @param columns characters in a line
 * @param rows lines
 */
public record TerminalSize(int columns, int rows) {
  private static final int MAX = 0xffff; // struct winsize holds unsigned shorts

  public TerminalSize {
    if (columns < 0 || columns > MAX || rows < 0 || rows > MAX) {
      throw new IllegalArgumentException("no terminal has " + columns + "x" + rows + " characters");
    }
  }
}
