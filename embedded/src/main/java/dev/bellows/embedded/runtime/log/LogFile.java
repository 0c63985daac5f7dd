package dev.bellows.embedded.runtime.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;

/**
 * The log of one container start, bounded: a file that grows past its limit is renamed to {@code
 * NAME.1}, the former {@code NAME.1} to {@code NAME.2}, and so on; the oldest goes.
 *
 * <p>Written by the two threads that read the program's outputs; a write holds the lock, so lines
 * of the two never mix. It is not forced to disk: what a machine's crash takes from a log, no
 * client was promised.
 */
public final class LogFile implements Closeable {
  /** A file longer than this is rotated before the next write; the kubelet's default. */
  public static final long MAX_FILE_BYTES = 10L * 1024 * 1024;

  /** Files kept, the current one included; the kubelet's default is 5. */
  public static final int MAX_FILES = 5;

  private final Path path;
  private final Clock clock;
  private final long maxFileBytes;
  private FileChannel channel;
  private long size;

  /**
   * Opens or continues the log; missing directories are created.
   *
   * @throws IOException if the file cannot be opened
   */
  public LogFile(Path path, Clock clock) throws IOException {
    this(path, clock, MAX_FILE_BYTES);
  }

  LogFile(Path path, Clock clock, long maxFileBytes) throws IOException {
    this.path = path;
    this.clock = clock;
    this.maxFileBytes = maxFileBytes;
    Files.createDirectories(path.toAbsolutePath().getParent());
    channel = open();
    size = channel.size();
  }

  private FileChannel open() throws IOException {
    return FileChannel.open(
        path, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
  }

  /** The file after {@code generation} rotations. */
  static Path rotated(Path path, int generation) {
    return generation == 0 ? path : path.resolveSibling(path.getFileName() + "." + generation);
  }

  /**
   * Appends the text of one line.
   *
   * @param bytes where the text stands, without a line end
   * @param partial whether the program's line goes on in the next call
   * @throws IOException if the disk refuses
   */
  public synchronized void write(
      LogLine.Stream stream, boolean partial, byte[] bytes, int offset, int length)
      throws IOException {
    if (size > maxFileBytes) {
      rotate();
    }
    Instant now = clock.instant();
    byte[] prefix = LogLine.prefix(now, stream, partial).getBytes(StandardCharsets.US_ASCII);
    ByteBuffer line = ByteBuffer.allocate(prefix.length + length + 1);
    line.put(prefix).put(bytes, offset, length).put((byte) '\n').flip();
    while (line.hasRemaining()) {
      size += channel.write(line);
    }
  }

  private void rotate() throws IOException {
    channel.close();
    for (int generation = MAX_FILES - 1; generation > 0; generation--) {
      Path from = rotated(path, generation - 1);
      if (Files.exists(from)) {
        Files.move(from, rotated(path, generation), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    channel = open();
    size = 0;
  }

  @Override
  public synchronized void close() throws IOException {
    channel.close();
  }
}
