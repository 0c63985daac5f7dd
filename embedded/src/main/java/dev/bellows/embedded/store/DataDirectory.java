package dev.bellows.embedded.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The one directory that a running Bellows owns. Held by a lock of the operating system, so that it
 * is free again however the holder ended.
 */
public final class DataDirectory implements AutoCloseable {
  private static final String LOCK_FILE = "lock";

  private final Path path;
  private final FileChannel channel;

  private DataDirectory(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /**
   * Makes the directory where it is missing (mode 0700) and takes hold of it.
   *
   * @throws StoreException.Exposed if anyone may write there
   * @throws StoreException.InUse if another process holds it; the message names that process
   * @throws StoreException.Unusable if the directory cannot be made or written to
   */
  public static DataDirectory claim(Path directory) {
    Path path = directory.toAbsolutePath().normalize();
    try {
      DataFiles.ownerOnlyDirectory(path);
      if (DataFiles.isWritableByAnyone(path)) {
        throw new StoreException.Exposed(
            "data directory "
                + path
                + " can be written by anyone, who could say what runs here: chmod go-w "
                + path
                + ", or choose another directory");
      }
      FileChannel channel =
          FileChannel.open(
              path.resolve(LOCK_FILE),
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
      if (!locked(channel)) {
        String holder = read(channel);
        channel.close();
        throw new StoreException.InUse(
            "data directory "
                + path
                + " is in use by "
                + describe(holder)
                + "; stop it, or choose another directory");
      }
      channel.truncate(0);
      channel.write(
          ByteBuffer.wrap(
              Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)),
          0);
      return new DataDirectory(path, channel);
    } catch (IOException e) {
      throw new StoreException.Unusable(
          "cannot use data directory " + path + ": " + reason(e) + "; choose another directory", e);
    }
  }

  /** The directory, absolute. */
  public Path path() {
    return path;
  }

  /** Gives the directory back. */
  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot release data directory " + path, e);
    }
  }

  // Their own messages are a path and no more.
  private static String reason(IOException error) {
    return switch (error) {
      case FileAlreadyExistsException e -> e.getFile() + " is no directory";
      case AccessDeniedException e -> "no permission for " + e.getFile();
      case NoSuchFileException e -> "no directory can be made at " + e.getFile();
      case FileSystemException e when e.getReason() != null -> e.getFile() + ": " + e.getReason();
      default -> error.toString();
    };
  }

  private static boolean locked(FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false; // this very process holds it through another channel
    }
  }

  private static String read(FileChannel channel) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(32);
    channel.read(buffer, 0);
    return StandardCharsets.US_ASCII.decode(buffer.flip()).toString().trim();
  }

  private static String describe(String holder) {
    if (!holder.matches("[0-9]{1,18}")) {
      return "another process";
    }
    long pid = Long.parseLong(holder);
    if (pid == ProcessHandle.current().pid()) {
      return "this process (pid " + pid + ")";
    }
    return "process "
        + pid
        + ProcessHandle.of(pid)
            .flatMap(process -> process.info().command())
            .map(command -> " (" + command + ")")
            .orElse("");
  }
}
