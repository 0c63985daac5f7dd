package dev.bellows.embedded.store;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Files and directories that only their owner may read: tokens, what programs print and what their
 * variables say is nobody else's business.
 */
public final class DataFiles {
  private static final boolean POSIX =
      FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

  private DataFiles() {}

  /** Takes every permission from everyone but the owner, where the file system knows such. */
  public static void ownerOnly(Path file) throws IOException {
    if (POSIX) {
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }
  }

  /** Makes a directory, and those above it, where they are missing, for their owner alone. */
  public static Path ownerOnlyDirectory(Path directory) throws IOException {
    return POSIX
        ? Files.createDirectories(
            directory,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")))
        : Files.createDirectories(directory);
  }

  /** Whether anyone on this machine may put files into a directory. */
  static boolean isWritableByAnyone(Path directory) throws IOException {
    return POSIX
        && Files.getPosixFilePermissions(directory).contains(PosixFilePermission.OTHERS_WRITE);
  }
}
