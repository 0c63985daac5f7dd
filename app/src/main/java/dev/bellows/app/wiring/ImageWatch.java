package dev.bellows.app.wiring;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells when the local images have changed: {@code bellows image add} is a process of its own, and
 * what waits for an image should not wait for its back-off.
 */
final class ImageWatch implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ImageWatch.class);
  private static final Path FILE = Path.of("images.json");

  private final WatchService changes;

  private ImageWatch(WatchService changes) {
    this.changes = changes;
  }

  /**
   * Watches a data directory.
   *
   * @param onChange told after each change, on a thread of the watch's own
   */
  static ImageWatch start(Path dataDirectory, Runnable onChange) throws IOException {
    WatchService changes = dataDirectory.getFileSystem().newWatchService();
    dataDirectory.register(
        changes,
        StandardWatchEventKinds.ENTRY_CREATE,
        StandardWatchEventKinds.ENTRY_MODIFY,
        StandardWatchEventKinds.ENTRY_DELETE);
    ImageWatch watch = new ImageWatch(changes);
    Thread.ofPlatform().name("image-watch").daemon().start(() -> watch.follow(onChange));
    return watch;
  }

  private void follow(Runnable onChange) {
    try {
      for (WatchKey key = changes.take(); key != null; key = changes.take()) {
        if (key.pollEvents().stream().anyMatch(ImageWatch::mayBeOfImages)) {
          tell(onChange);
        }
        if (!key.reset()) {
          return;
        }
      }
    } catch (ClosedWatchServiceException _) {
      // Closed: the system ends.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  // An overflow has lost the names of what changed.
  private static boolean mayBeOfImages(WatchEvent<?> event) {
    return StandardWatchEventKinds.OVERFLOW.equals(event.kind()) || FILE.equals(event.context());
  }

  private static void tell(Runnable onChange) {
    try {
      onChange.run();
    } catch (RuntimeException e) {
      log.warn("a change of the images was not passed on", e); // the next one may be
    }
  }

  @Override
  public void close() throws IOException {
    changes.close();
  }
}
