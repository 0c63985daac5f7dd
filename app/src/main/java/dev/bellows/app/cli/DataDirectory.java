package dev.bellows.app.cli;

import dev.bellows.app.wiring.Settings;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The option that every command shares: which Bellows is meant. */
final class DataDirectory {
  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description = "where Bellows keeps its state (default: ~/.bellows)")
  private String path = Settings.defaultDataDirectory().toString();

  /**
   * @throws UserError if it is no path
   */
  Path path() {
    // The empty path is the present directory: nobody means that by an unset variable.
    if (path.isBlank()) {
      throw UserError.wrongWords("--data-dir is empty; name a directory");
    }
    try {
      return Path.of(path).toAbsolutePath().normalize();
    } catch (InvalidPathException e) {
      throw UserError.wrongWords("--data-dir " + path + " is no path: " + e.getReason());
    }
  }

  /** What starts a Bellows that keeps its state there. */
  String up() {
    return "./bellows up" + option(path());
  }

  /** How a command names it: nothing where that is the one that is meant anyway. */
  static String option(Path directory) {
    return directory.equals(Settings.defaultDataDirectory()) ? "" : " --data-dir " + directory;
  }
}
