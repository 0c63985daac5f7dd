package dev.bellows.app.wiring;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;

/**
 * Tells when the local images have changed: {@code bellows image add} is a process of its own, and
 * what waits for an image should not wait for its back-off.
 */
final class ImageWatch implements AutoCloseable {
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
        changes, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_MODIFY);
    ImageWatch watch = new ImageWatch(changes);
    Thread.ofPlatform().name("image-watch").daemon().start(() -> watch.follow(onChange));
    return watch;
  }

  private void follow(Runnable onChange) {
    try {
      for (WatchKey key = changes.take(); key != null; key = changes.take()) {
        boolean images = false;
        for (WatchEvent<?> event : key.pollEvents()) {
          images |= FILE.equals(event.context());
        }
        if (images) {
          onChange.run();
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

  @Override
  public void close() throws IOException {
    changes.close();
  }
}
