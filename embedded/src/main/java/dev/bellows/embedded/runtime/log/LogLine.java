package dev.bellows.embedded.runtime.log;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;

/**
 * One line of a container's log: {@code 2026-01-01T00:00:00.000000000Z stdout F text}, as the
 * Container Runtime Interface lays it down (kubernetes/design-proposals-archive,
 * node/kubelet-cri-logging.md).
 *
 * @param at when it was read from the program
 * @param stream which output it came from
 * @param partial whether the program's line goes on in the next entry
 * @param text without its line end
 */
public record LogLine(Instant at, Stream stream, boolean partial, String text) {
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.nnnnnnnnn'Z'").withZone(ZoneOffset.UTC);

  /** Which of a program's outputs. */
  public enum Stream {
    /** Standard output. */
    STDOUT("stdout"),
    /** Standard error. */
    STDERR("stderr");

    private final String word;

    Stream(String word) {
      this.word = word;
    }
  }

  /** What stands before the text, its last space included. */
  static String prefix(Instant at, Stream stream, boolean partial) {
    return STAMP.format(at) + ' ' + stream.word + (partial ? " P " : " F ");
  }

  /** Reads a line without its line end; empty if it is none, as after a crash in mid-write. */
  static Optional<LogLine> parse(String line) {
    String[] parts = line.split(" ", 4);
    if (parts.length < 4) {
      return Optional.empty();
    }
    try {
      Stream stream = parts[1].equals(Stream.STDERR.word) ? Stream.STDERR : Stream.STDOUT;
      return Optional.of(
          new LogLine(Instant.parse(parts[0]), stream, parts[2].equals("P"), parts[3]));
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }

  /** When it was written, as {@code kubectl logs --timestamps} shows it. */
  public String stamp() {
    return STAMP.format(at);
  }
}
