package dev.bellows.app.demo;

import dev.bellows.app.wiring.Bellows;
import dev.bellows.app.wiring.Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A Bellows of its own directory and ports, which ends together with that directory: when it is
 * closed, and also when this process is told to stop (Ctrl-C, SIGTERM, SIGHUP).
 */
final class ThrowAwayBellows implements AutoCloseable {
  private final Path directory;
  private final Thread onStop;
  private @Nullable Bellows bellows;
  private boolean closed;

  private ThrowAwayBellows(Path directory, Runnable beforeStop) {
    this.directory = directory;
    this.onStop =
        new Thread(
            () -> {
              beforeStop.run();
              end();
            },
            "stop");
  }

  /**
   * Starts one.
   *
   * @param beforeStop done first when this process is told to stop
   * @throws dev.bellows.app.wiring.StartException if it cannot; then nothing is left of it
   */
  static ThrowAwayBellows start(Runnable beforeStop) throws IOException {
    ThrowAwayBellows made =
        new ThrowAwayBellows(Files.createTempDirectory("bellows-demo-"), beforeStop);
    Runtime.getRuntime().addShutdownHook(made.onStop);
    try {
      made.start();
    } catch (RuntimeException e) {
      made.close();
      throw e;
    }
    return made;
  }

  // Holds the lock: who is told to stop meanwhile waits until there is something to close.
  private synchronized void start() {
    if (!closed) {
      bellows =
          Bellows.start(
              new Settings(
                  directory,
                  0,
                  OptionalInt.of(0),
                  Optional.empty(),
                  Optional.empty(),
                  0,
                  Optional.empty(),
                  Settings.ContainerRuntime.process,
                  Set.of(),
                  Settings.Network.loopback,
                  Optional.empty()));
    }
  }

  /**
   * What was started.
   *
   * @throws IllegalStateException if it has ended
   */
  synchronized Bellows bellows() {
    if (bellows == null) {
      throw new IllegalStateException("this Bellows has ended");
    }
    return bellows;
  }

  @Override
  public void close() {
    end();
    try {
      Runtime.getRuntime().removeShutdownHook(onStop);
    } catch (IllegalStateException e) {
      // It is what ended this one; the process ends now.
    }
  }

  private synchronized void end() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      if (bellows != null) {
        bellows.close();
      }
    } finally {
      deleteRecursively();
    }
  }

  private void deleteRecursively() {
    try (Stream<Path> inside = Files.walk(directory)) {
      for (Path each : inside.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(each);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot remove " + directory, e);
    }
  }
}
