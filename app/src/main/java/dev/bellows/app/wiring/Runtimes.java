package dev.bellows.app.wiring;

import dev.bellows.embedded.runtime.ContainerRuntime;
import dev.bellows.embedded.runtime.podman.PodmanRuntime;
import dev.bellows.embedded.runtime.process.Account;
import dev.bellows.embedded.runtime.process.ProcessRuntime;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;

/** What runs a node's containers, as a person has chosen it. */
final class Runtimes {
  private Runtimes() {}

  /**
   * Opens one.
   *
   * @param directory the node's
   * @throws IOException if the machine lacks what it needs
   */
  static ContainerRuntime open(
      Settings.ContainerRuntime kind, Path directory, Optional<Account> runAs, Clock clock)
      throws IOException {
    Path records = directory.resolve("runtime");
    ProcessRuntime programs = new ProcessRuntime(records, runAs, true, System.getenv(), clock);
    return switch (kind) {
      case process -> programs;
      case podman -> {
        try {
          yield new PodmanRuntime(records, programs, clock);
        } catch (IOException e) {
          programs.close();
          throw e;
        }
      }
    };
  }

  /** What pods are then, in a few words. */
  static String inForce(Settings.ContainerRuntime kind) {
    return switch (kind) {
      case process -> "pods are plain processes";
      case podman -> "pods are plain processes, and images run by podman";
    };
  }
}
