package dev.bellows.embedded.runtime.log;

import java.io.Closeable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Reads the log of one container start from its oldest file to the newest, and goes on reading what
 * is written meanwhile, over rotations. Used by one thread.
 */
public final class LogReader implements Closeable {
  private static final int BUFFER_BYTES = 64 * 1024;
  private static final int TAIL_BYTES = 256 * 1024;

  private final Path path;
  private final Deque<Path> older = new ArrayDeque<>();
  private Optional<RandomAccessFile> file = Optional.empty();
  private Optional<Object> fileKey = Optional.empty();
  private final StringBuilder rest = new StringBuilder();
  private final byte[] buffer = new byte[BUFFER_BYTES];

  /** A reader at the beginning of what is kept. The file need not exist yet. */
  public LogReader(Path path) {
    this.path = path;
    for (int generation = LogFile.MAX_FILES - 1; generation > 0; generation--) {
      Path old = LogFile.rotated(path, generation);
      if (Files.exists(old)) {
        older.add(old);
      }
    }
  }

  /**
   * A reader at the last lines of what is kept. They are looked for from the end, so that neither
   * time nor memory depends on how much stands before them.
   *
   * @param lines how many, as they stand in the files: one that was cut in parts counts for each
   * @throws IOException if the log cannot be read
   */
  public static LogReader ofLast(Path path, long lines) throws IOException {
    LogReader reader = new LogReader(path);
    List<Path> files = new ArrayList<>(reader.older);
    files.add(path);
    int first = files.size() - 1;
    LastLines found = lastLines(files.get(first), lines);
    long missing = lines - found.count();
    while (missing > 0 && first > 0) {
      first--;
      found = lastLines(files.get(first), missing);
      missing -= found.count();
    }
    reader.older.clear();
    reader.older.addAll(files.subList(first, files.size() - 1));
    if (reader.open()) {
      reader.file.orElseThrow().seek(found.from());
    }
    return reader;
  }

  /** Where the last lines of a file begin, and how many there are. */
  private record LastLines(long from, long count) {}

  private static LastLines lastLines(Path path, long wanted) throws IOException {
    if (!Files.exists(path)) {
      return new LastLines(0, 0);
    }
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
      byte[] block = new byte[BUFFER_BYTES];
      long ends = 0;
      long begin = file.length();
      while (begin > 0) {
        int length = (int) Math.min(block.length, begin);
        begin -= length;
        file.seek(begin);
        file.readFully(block, 0, length);
        for (int i = length - 1; i >= 0; i--) {
          if (block[i] == '\n') {
            if (ends == wanted) {
              return new LastLines(begin + i + 1, wanted);
            }
            ends++;
          }
        }
      }
      return new LastLines(0, ends);
    }
  }

  /**
   * The next whole lines; none if nothing was written since.
   *
   * @throws IOException if the log cannot be read
   */
  public List<LogLine> read() throws IOException {
    while (true) {
      if (file.isEmpty() && !open()) {
        return List.of();
      }
      RandomAccessFile current = file.orElseThrow();
      int count = current.read(buffer);
      if (count > 0) {
        // Bytes as Latin-1 keep line ends apart whatever character a read cuts through.
        rest.append(new String(buffer, 0, count, StandardCharsets.ISO_8859_1));
        List<LogLine> lines = takeLines();
        if (!lines.isEmpty()) {
          return lines;
        }
      } else if (isLast()) {
        return List.of();
      } else {
        current.close();
        file = Optional.empty();
      }
    }
  }

  private boolean open() throws IOException {
    Path next = older.isEmpty() ? path : older.removeFirst();
    if (!Files.exists(next)) {
      return false;
    }
    file = Optional.of(new RandomAccessFile(next.toFile(), "r"));
    fileKey = key(next);
    return true;
  }

  /**
   * Whether the file being read is the one being written: a rotated one has another at its path.
   */
  private boolean isLast() throws IOException {
    return older.isEmpty() && (!Files.exists(path) || key(path).equals(fileKey));
  }

  private static Optional<Object> key(Path file) throws IOException {
    return Optional.ofNullable(Files.readAttributes(file, BasicFileAttributes.class).fileKey());
  }

  private List<LogLine> takeLines() {
    List<LogLine> lines = new ArrayList<>();
    int start = 0;
    int end;
    while ((end = rest.indexOf("\n", start)) >= 0) {
      byte[] line = rest.substring(start, end).getBytes(StandardCharsets.ISO_8859_1);
      LogLine.parse(new String(line, StandardCharsets.UTF_8)).ifPresent(lines::add);
      start = end + 1;
    }
    rest.delete(0, start);
    return lines;
  }

  /**
   * The last text of a log, for the status of a container that failed.
   *
   * @param maxLines the limits are Kubernetes': 80 lines, 2048 bytes
   */
  public static String tail(Path path, int maxLines, int maxChars) throws IOException {
    if (!Files.exists(path)) {
      return "";
    }
    byte[] end;
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
      long from = Math.max(0, file.length() - TAIL_BYTES);
      file.seek(from);
      end = new byte[(int) (file.length() - from)];
      file.readFully(end);
    }
    Deque<String> texts = new ArrayDeque<>();
    for (String line : new String(end, StandardCharsets.UTF_8).split("\n", -1)) {
      LogLine.parse(line).ifPresent(parsed -> texts.add(parsed.text()));
      if (texts.size() > maxLines) {
        texts.removeFirst();
      }
    }
    String text = texts.isEmpty() ? "" : String.join("\n", texts) + "\n";
    return text.substring(Math.max(0, text.length() - maxChars));
  }

  @Override
  public void close() throws IOException {
    if (file.isPresent()) {
      file.get().close();
    }
  }
}
