package dev.bellows.embedded.runtime.log;

import java.io.IOException;
import java.io.InputStream;

/**
 * Moves one output of a program into its log, line by line, until the output ends. A line longer
 * than {@value #MAX_LINE_BYTES} bytes is written in parts, so that a program that never ends a line
 * costs no memory.
 */
public final class LineSplitter {
  /** The longest piece of text in one entry, as containerd cuts it. */
  static final int MAX_LINE_BYTES = 16 * 1024;

  private final LogLine.Stream stream;
  private final LogFile log;
  private final byte[] buffer = new byte[MAX_LINE_BYTES];
  private int start;
  private int end;

  /** A splitter for one output; used by one thread. */
  public LineSplitter(LogLine.Stream stream, LogFile log) {
    this.stream = stream;
    this.log = log;
  }

  /**
   * Copies until the end of the input.
   *
   * @throws IOException if the log cannot be written, or the input not be read
   */
  public void copy(InputStream input) throws IOException {
    while (true) {
      int count = input.read(buffer, end, buffer.length - end);
      if (count < 0) {
        break;
      }
      end += count;
      writeLines(end - count);
      if (end == buffer.length) {
        makeRoom();
      }
    }
    if (end > start) {
      log.write(stream, false, buffer, start, end - start);
    }
  }

  private void writeLines(int from) throws IOException {
    for (int i = from; i < end; i++) {
      if (buffer[i] == '\n') {
        log.write(stream, false, buffer, start, i - start);
        start = i + 1;
      }
    }
    if (start == end) {
      start = 0;
      end = 0;
    }
  }

  private void makeRoom() throws IOException {
    if (start == 0) {
      log.write(stream, true, buffer, 0, end);
      end = 0;
    } else {
      System.arraycopy(buffer, start, buffer, 0, end - start);
      end -= start;
      start = 0;
    }
  }
}
