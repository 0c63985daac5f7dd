package dev.bellows.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/** One run of a program from outside. */
final class Command {
  private static final Duration LIMIT = Duration.ofSeconds(150);

  private final List<String> words;
  private final Map<String, String> environment = new LinkedHashMap<>();
  private Path directory = Path.of("").toAbsolutePath().getParent();
  private String input = "";

  /**
   * What came of it.
   *
   * @param exitCode the program's
   * @param output standard output and standard error together
   */
  record Result(int exitCode, String output) {
    /** Fails unless the program succeeded. */
    Result succeeded() {
      Assertions.assertEquals(0, exitCode, output);
      return this;
    }

    /** Fails unless the program did. */
    Result failed() {
      Assertions.assertNotEquals(0, exitCode, output);
      return this;
    }
  }

  private Command(List<String> words) {
    this.words = words;
  }

  static Command of(String... words) {
    return new Command(Arrays.asList(words));
  }

  /** Skips the test aloud where the program is missing; in CI that is a failure. */
  static void require(String program) {
    boolean there =
        Arrays.stream(System.getenv("PATH").split(":"))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    require(there, program + " is not installed");
  }

  /** Skips the test aloud where we are not root; in CI that is a failure. */
  static void requireRoot() {
    require("root".equals(System.getProperty("user.name")), "this takes root");
  }

  /** Skips the test aloud where something else is missing; in CI that is a failure. */
  static void require(boolean there, String otherwise) {
    if (!there) {
      if ("true".equals(System.getenv("CI"))) {
        Assertions.fail(otherwise);
      }
      System.out.println("SKIPPED: " + otherwise);
      Assumptions.abort(otherwise);
    }
  }

  Command with(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  Command in(Path folder) {
    directory = folder;
    return this;
  }

  Command reading(String text) {
    input = text;
    return this;
  }

  Process start() throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(words).directory(directory.toFile()).redirectErrorStream(true);
    builder.environment().putAll(environment);
    return builder.start();
  }

  Result run() {
    try {
      Process process = start();
      CompletableFuture<String> output =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return new String(
                      process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                } catch (IOException e) {
                  throw new UncheckedIOException("reading from " + words, e);
                }
              },
              // Of its own: the common pool of two processors has one thread.
              task -> Thread.ofPlatform().daemon().start(task));
      process.getOutputStream().write(input.getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().close();
      if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
        Assertions.fail(words + " did not end within " + LIMIT + ": " + output.join());
      }
      return new Result(process.exitValue(), output.join());
    } catch (IOException e) {
      throw new UncheckedIOException("running " + words, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while running " + words, e);
    }
  }
}
