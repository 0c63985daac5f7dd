package dev.bellows.embedded.runtime;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Runs containers. The kubelet knows nothing else of how: a container may be a plain process, or
 * whatever another runtime makes of an image.
 *
 * <p>A runtime that is opened on a directory it was used with before first ends what is left of the
 * containers of that time: none survives the kubelet that started it.
 */
public interface ContainerRuntime extends AutoCloseable {
  /** Name and version as a Node tells them ({@code containerRuntimeVersion}). */
  String version();

  /** The number of the user whom programs run as that ask for nobody. */
  int uid();

  /** What it can do on this machine; found out once. */
  Powers powers();

  /** The images that it can run besides programs; empty if it runs programs alone. */
  default Optional<ImageStore> images() {
    return Optional.empty();
  }

  /**
   * Puts an empty directory in memory at a directory, for containers to share.
   *
   * @param limitBytes how much it holds; empty = half of the machine's memory
   * @throws IOException if it cannot be made
   */
  void mountMemory(Path directory, OptionalLong limitBytes) throws IOException;

  /**
   * Lets go of whatever is mounted at a directory or below it, with what it holds.
   *
   * @throws IOException if something cannot be let go of
   */
  void unmountBelow(Path directory) throws IOException;

  /**
   * Starts a container and returns at once; whether the program is ready is the kubelet's to probe.
   *
   * @throws ContainerStartException if the command cannot be executed; nothing is left running then
   */
  Container start(ContainerSpec spec) throws ContainerStartException;

  /** Kills every container that still runs, without grace, and returns when they are gone. */
  @Override
  void close();
}
