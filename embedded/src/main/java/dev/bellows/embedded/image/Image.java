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
 */
public record Image(
    String name,
    List<String> command,
    Map<String, String> environment,
    Optional<Path> workingDirectory) {
  public Image {
    command = List.copyOf(command);
    environment = Map.copyOf(environment);
    if (command.isEmpty()) {
      throw new IllegalArgumentException("image " + name + " has no command");
    }
  }
}
