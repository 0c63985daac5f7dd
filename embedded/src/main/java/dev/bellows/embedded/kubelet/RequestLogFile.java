package dev.bellows.embedded.kubelet;

import dev.bellows.embedded.runtime.log.LogFile;
import dev.bellows.embedded.runtime.log.LogLine;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Clock;
import org.jspecify.annotations.Nullable;

/**
 * Where a shared queue-proxy's request log goes: the log that the container's standard output would
 * be in. It is made with the first line, since most pods log no requests.
 */
final class RequestLogFile extends OutputStream {
  private final Path path;
  private final Clock clock;
  private @Nullable LogFile file;
  private boolean closed;

  RequestLogFile(Path path, Clock clock) {
    this.path = path;
    this.clock = clock;
  }

  @Override
  public void write(int octet) throws IOException {
    write(new byte[] {(byte) octet}, 0, 1);
  }

  /** Takes one line with its line feed. */
  @Override
  public synchronized void write(byte[] line, int offset, int length) throws IOException {
    if (closed) {
      return;
    }
    LogFile to = file;
    if (to == null) {
      to = new LogFile(path, clock);
      file = to;
    }
    to.write(LogLine.Stream.STDOUT, false, line, offset, length - 1);
  }

  @Override
  public synchronized void close() throws IOException {
    closed = true;
    LogFile open = file;
    if (open != null) {
      open.close();
    }
  }
}
