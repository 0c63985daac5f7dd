package dev.bellows.embedded.runtime;

import java.nio.file.Path;

/**
 * What a container sees at a path of its own, instead of what the machine has there.
 *
 * @param source a directory or file of this machine; absolute
 * @param subPath what within the source is shown; empty for all of it. Whatever links the source
 *     holds, nothing outside it is shown
 * @param target where the container sees it; absolute. It need not exist on the machine
 * @param readOnly whether the container may only read
 */
public record Mount(Path source, String subPath, Path target, boolean readOnly) {
  public Mount {
    check("source", source);
    check("target", target);
    Path within = Path.of(subPath);
    if (within.isAbsolute() || !within.equals(within.normalize()) || within.startsWith("..")) {
      throw new IllegalArgumentException("subPath must stay within the volume, got " + subPath);
    }
  }

  /** All of a directory or file. */
  public static Mount of(Path source, Path target, boolean readOnly) {
    return new Mount(source, "", target, readOnly);
  }

  private static void check(String what, Path path) {
    if (!path.isAbsolute() || !path.equals(path.normalize())) {
      throw new IllegalArgumentException(
          "the " + what + " of a mount must be absolute and without '..', got " + path);
    }
  }
}
