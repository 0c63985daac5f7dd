package dev.bellows.app.wiring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.bellows.embedded.image.BuiltInImages;
import dev.bellows.embedded.image.Image;
import dev.bellows.embedded.image.ImageRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * What a running system notices of images that another process adds, or a person's editor breaks.
 */
class ImageWatchTest {
  @TempDir Path home;
  private final AtomicInteger told = new AtomicInteger();
  private final ListAppender<ILoggingEvent> warnings = new ListAppender<>();
  private ImageRegistry running;
  private ImageWatch watch;

  @BeforeEach
  void start() throws IOException {
    running = registry();
    warnings.start();
    registryLog().addAppender(warnings);
    watch =
        ImageWatch.start(
            running,
            () -> {
              running.look();
              told.incrementAndGet();
            });
  }

  @AfterEach
  void stop() {
    watch.close();
    registryLog().detachAppender(warnings);
  }

  private ImageRegistry registry() {
    return new ImageRegistry(home, new BuiltInImages(home.resolve("cache")));
  }

  private static Logger registryLog() {
    return (Logger) LoggerFactory.getLogger(ImageRegistry.class);
  }

  private void addFromAnotherProcess(String name) {
    registry().add(new Image(name, List.of("./" + name), Map.of(), Optional.empty()));
  }

  private void awaitTold(Runnable change) {
    int before = told.get();
    change.run();
    await().until(() -> told.get() > before);
  }

  @Test
  void anImageThatIsAddedOrRemovedIsTold() throws Exception {
    awaitTold(() -> addFromAnotherProcess("hello"));
    assertThat(running.resolve("hello").command()).containsExactly("./hello");
    awaitTold(() -> addFromAnotherProcess("world"));
    assertThat(running.resolve("world").command()).containsExactly("./world");
    awaitTold(() -> registry().remove("hello"));
    assertThat(running.list()).extracting(Image::name).contains("world").doesNotContain("hello");
  }

  @Test
  void otherFilesOfTheDirectoryTellNothing() throws Exception {
    Files.writeString(home.resolve("state.db"), "x");
    awaitTold(() -> addFromAnotherProcess("hello"));
    // Its lock and its new content are other files, too; one change is one file moved into place.
    assertThat(told).hasValue(1);
  }

  @Test
  void aBrokenFileIsToldInOneLineAndTheImagesKnownBeforeStay() throws Exception {
    awaitTold(() -> addFromAnotherProcess("hello"));
    Path aside = home.resolve("edited");
    Files.writeString(aside, "{\"images\": [\n{\"name\"");
    awaitTold(() -> move(aside));

    assertThat(running.resolve("hello").command()).containsExactly("./hello");
    assertThat(warnings.list).hasSize(1);
    assertThat(warnings.list.getFirst().getFormattedMessage())
        .startsWith("cannot read the images in " + home.resolve("images.json") + ": line 2: ")
        .endsWith("; the images known before stay")
        .doesNotContain("\n");
    assertThat(warnings.list.getFirst().getThrowableProxy()).isNull();

    Files.writeString(aside, "{\"images\": [{\"name\": \"hello\", \"command\": [\"./new\"]}]}");
    awaitTold(() -> move(aside));
    assertThat(running.resolve("hello").command()).containsExactly("./new");
  }

  private void move(Path aside) {
    try {
      Files.move(
          aside,
          home.resolve("images.json"),
          java.nio.file.StandardCopyOption.ATOMIC_MOVE,
          java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void whoeverFailsOnceIsToldTheNextTimeAgain() throws IOException {
    watch.close();
    AtomicInteger calls = new AtomicInteger();
    watch =
        ImageWatch.start(
            running,
            () -> {
              if (calls.incrementAndGet() == 1) {
                throw new IllegalStateException("meant to fail, once");
              }
            });
    addFromAnotherProcess("hello");
    await().until(() -> calls.get() == 1);
    addFromAnotherProcess("world");
    await().until(() -> calls.get() == 2);
  }
}
