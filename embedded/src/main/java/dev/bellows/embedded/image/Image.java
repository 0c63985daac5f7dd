package dev.bellows.embedded.image;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What an image name stands for.
 *
 * @param name as it was registered
 * @param command the program with its first arguments; a container's {@code command} replaces it, a
 *     container's {@code args} follow it
 * @param environment what the program sees unless the container says otherwise
 * @param workingDirectory where it starts unless the container says otherwise
 * @param atPodIp whether the program listens at its pod's address alone, which it is told in {@code
 *     BELLOWS_LISTEN_IP}, and at the very ports that the pod declares; else at every address, and
 *     at the port that {@code PORT} names
 */
public record Image(
    String name,
    List<String> command,
    Map<String, String> environment,
    Optional<Path> workingDirectory,
    boolean atPodIp) {
  public Image {
    command = List.copyOf(command);
    environment = Map.copyOf(environment);
    if (command.isEmpty()) {
      throw new IllegalArgumentException("image " + name + " has no command");
    }
  }

  /** A program that listens at every address. */
  public Image(
      String name,
      List<String> command,
      Map<String, String> environment,
      Optional<Path> workingDirectory) {
    this(name, command, environment, workingDirectory, false);
  }
}
