package dev.bellows.app.demo;

import java.io.Console;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A terminal that someone looks at.
 *
 * @param columns how many characters fit into a line
 */
public record Terminal(int columns) {
  private static final int USUAL_COLUMNS = 80;
  private static final int LONGEST_ANSWER_BYTES = 64;

  public Terminal {
    if (columns < 1) {
      throw new IllegalArgumentException("a terminal of " + columns + " columns shows nothing");
    }
  }

  /** What standard output is, as wide as it is now; empty if it is no terminal. */
  // Java 22 to 24 answered with a console that is no terminal; 25 answers null again.
  @SuppressWarnings("SystemConsoleNull")
  public static Optional<Terminal> ofThisProcess() {
    Console console = System.console();
    return console != null && console.isTerminal()
        ? Optional.of(of(System.getenv(), sttySize()))
        : Optional.empty();
  }

  /**
   * The width that is told: COLUMNS is a person's wish and goes first (POSIX.1, 8.3).
   *
   * @param sttySize rows and columns as {@code stty size} prints them; may be anything
   */
  static Terminal of(Map<String, String> environment, String sttySize) {
    String[] size = sttySize.strip().split(" ", -1);
    for (String told :
        new String[] {environment.getOrDefault("COLUMNS", ""), size[size.length - 1]}) {
      if (told.matches("[1-9][0-9]{0,4}")) {
        return new Terminal(Integer.parseInt(told));
      }
    }
    return new Terminal(USUAL_COLUMNS);
  }

  private static String sttySize() {
    try {
      Process stty =
          new ProcessBuilder("stty", "size")
              .redirectInput(Path.of("/dev/tty").toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!stty.waitFor(1, TimeUnit.SECONDS)) {
        stty.destroyForcibly();
        return "";
      }
      return new String(
          stty.getInputStream().readNBytes(LONGEST_ANSWER_BYTES), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      return ""; // no stty, or no terminal of our own
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
  }
}
