package dev.bellows.app.wiring;

import dev.bellows.embedded.image.ImageRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells when the local images have changed: {@code bellows image add} is a process of its own, and
 * what waits for an image should not wait for its back-off.
 *
 * <p>It looks at the file now and then. To be told by the kernel one has to watch the file's
 * directory, and so wakes at every write of the database that is in it, too.
 */
final class ImageWatch implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ImageWatch.class);

  /** How late a change is told; a look takes some 10 µs. */
  private static final Duration PERIOD = Duration.ofMillis(200);

  private final ImageRegistry images;
  private final Runnable onChange;
  private final Thread thread;

  private ImageWatch(ImageRegistry images, Runnable onChange) throws IOException {
    this.images = images;
    this.onChange = onChange;
    Optional<ImageRegistry.Version> now = images.version();
    this.thread = Thread.ofVirtual().name("image-watch").unstarted(() -> follow(now));
  }

  /**
   * Watches a registry's file.
   *
   * @param onChange told after each change, on a thread of the watch's own
   */
  static ImageWatch start(ImageRegistry images, Runnable onChange) throws IOException {
    ImageWatch watch = new ImageWatch(images, onChange);
    watch.thread.start();
    return watch;
  }

  private void follow(Optional<ImageRegistry.Version> first) {
    Optional<ImageRegistry.Version> known = first;
    try {
      while (true) {
        Thread.sleep(PERIOD);
        Optional<ImageRegistry.Version> now = look(known);
        if (!now.equals(known)) {
          known = now;
          tell();
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt(); // closed: the system ends
    }
  }

  private Optional<ImageRegistry.Version> look(Optional<ImageRegistry.Version> known) {
    try {
      return images.version();
    } catch (IOException e) {
      log.debug("the images cannot be looked at now", e);
      return known;
    }
  }

  private void tell() {
    try {
      onChange.run();
    } catch (RuntimeException e) {
      log.warn("a change of the images was not passed on", e); // the next one may be
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
