package dev.bellows.embedded.runtime;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What to start, with nothing left to resolve.
 *
 * @param id whose start this is
 * @param image the image as the pod names it
 * @param executable what to execute
 * @param environment exactly what the program sees, besides the few basics that a runtime adds
 *     where they are absent (such as PATH)
 * @param workingDirectory where the program starts; absent means where the runtime chooses
 * @param stdio what it has for its standard streams
 * @param logFile where the runtime writes the output, in the CRI's line format
 * @param isolation what sets it apart from the machine
 */
public record ContainerSpec(
    ContainerId id,
    String image,
    Executable executable,
    Map<String, String> environment,
    Optional<Path> workingDirectory,
    Stdio stdio,
    Path logFile,
    Isolation isolation) {
  public ContainerSpec {
    environment = Map.copyOf(environment);
  }

  /** A container that is a program of this machine. */
  public ContainerSpec(
      ContainerId id,
      String image,
      List<String> command,
      Map<String, String> environment,
      Optional<Path> workingDirectory,
      Stdio stdio,
      Path logFile,
      Isolation isolation) {
    this(
        id,
        image,
        new Executable.Program(command),
        environment,
        workingDirectory,
        stdio,
        logFile,
        isolation);
  }

  /** The same, set apart in another way. */
  public ContainerSpec with(Isolation other) {
    return new ContainerSpec(
        id, image, executable, environment, workingDirectory, stdio, logFile, other);
  }
}
