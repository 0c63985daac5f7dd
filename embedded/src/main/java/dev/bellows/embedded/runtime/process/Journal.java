package dev.bellows.embedded.runtime.process;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.bellows.embedded.store.DataFiles;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which processes run, written down for whoever opens the runtime after a crash: one small file per
 * process. Nothing is forced to disk, since the page cache outlives us and a machine that crashes
 * takes the processes along.
 */
final class Journal {
  private static final Logger LOG = LoggerFactory.getLogger(Journal.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path directory;

  /**
   * A process that was started.
   *
   * @param bootId the boot that {@code startTicks} counts from
   */
  record Entry(long pid, long startTicks, String bootId, String podUid, String container) {}

  Journal(Path directory) throws IOException {
    this.directory = DataFiles.ownerOnlyDirectory(directory);
  }

  void add(Entry entry) throws IOException {
    Files.write(file(entry), JSON.writeValueAsBytes(entry));
  }

  void remove(Entry entry) throws IOException {
    Files.deleteIfExists(file(entry));
  }

  /** Everything written down. A file that a crash cut short is dropped. */
  List<Entry> entries() throws IOException {
    List<Entry> entries = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*.json")) {
      for (Path file : files) {
        try {
          entries.add(JSON.readValue(file.toFile(), Entry.class));
        } catch (IOException e) {
          LOG.warn("dropping the unreadable journal entry {}", file, e);
          Files.deleteIfExists(file);
        }
      }
    }
    return entries;
  }

  private Path file(Entry entry) {
    return directory.resolve(entry.pid() + "-" + entry.startTicks() + ".json");
  }
}
