package dev.bellows.app.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The option that every command shares: which Bellows is meant. */
final class DataDirectory {
  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description = "where Bellows keeps its state (default: ~/.bellows)")
  private Path path = Path.of(System.getProperty("user.home"), ".bellows");

  Path path() {
    return path.toAbsolutePath().normalize();
  }
}
