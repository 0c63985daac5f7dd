package dev.bellows.embedded.runtime.podman;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The podman command. Every call starts it, waits for its end, and keeps what it printed. */
final class Podman {
  /** Commands at once; each is a process of some 30 MB for a quarter of a second. */
  private static final int MAX_COMMANDS = 8;

  /** Output beyond this is read and dropped. */
  private static final int MAX_OUTPUT_BYTES = 10 * 1024;

  /** How long output may trail after the end: only a child that kept the pipe makes us wait. */
  private static final Duration OUTPUT_LIMIT = Duration.ofMillis(500);

  /** What everything but fetching and executing may take. */
  static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Semaphore commands = new Semaphore(MAX_COMMANDS);

  /**
   * What came of a command.
   *
   * @param code its exit code
   * @param output standard output and error together
   */
  record Result(int code, String output) {
    boolean succeeded() {
      return code == 0;
    }

    /** The line that says what was made, or why not. */
    String lastLine() {
      List<String> lines = output.strip().lines().toList();
      return lines.isEmpty() ? "" : lines.getLast().strip();
    }
  }

  /** The words of a command. */
  static List<String> words(List<String> arguments) {
    List<String> words = new ArrayList<>();
    words.add("podman");
    words.addAll(arguments);
    return words;
  }

  Result run(String... arguments) throws IOException {
    return run(List.of(arguments), PATIENCE);
  }

  /**
   * Runs a command.
   *
   * @throws TimedOut if it does not end in time; it is killed
   * @throws IOException if it cannot be executed
   */
  Result run(List<String> arguments, Duration limit) throws IOException {
    try {
      commands.acquire();
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
    try {
      return runNow(arguments, limit);
    } finally {
      commands.release();
    }
  }

  /** Starts a command for as long as somebody holds its streams, which are apart. */
  Process start(List<String> arguments) throws IOException {
    return new ProcessBuilder(words(arguments)).start();
  }

  private static Result runNow(List<String> arguments, Duration limit) throws IOException {
    Process process = new ProcessBuilder(words(arguments)).redirectErrorStream(true).start();
    process.getOutputStream().close();
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    CompletableFuture<Void> read = new CompletableFuture<>();
    // A platform thread: a read from a pipe would hold a virtual thread's carrier.
    Thread.ofPlatform()
        .name("podman-output-" + process.pid())
        .daemon()
        .start(() -> {
          drain(process.getInputStream(), output);
          read.complete(null);
        });
    try {
      boolean ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
      if (!ended) {
        process.destroyForcibly();
      }
      await(read);
      String printed;
      synchronized (output) {
        printed = output.toString(StandardCharsets.UTF_8);
      }
      if (!ended) {
        throw new TimedOut(arguments.getFirst(), limit, printed);
      }
      return new Result(process.exitValue(), printed);
    } catch (InterruptedException e) {
      process.destroyForcibly();
      throw interrupted(e);
    }
  }

  private static void await(CompletableFuture<Void> read) throws InterruptedException {
    try {
      read.get(OUTPUT_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      // What came until now is the output.
    }
  }

  private static void drain(InputStream input, ByteArrayOutputStream output) {
    try (input) {
      byte[] buffer = new byte[1024];
      for (int count = input.read(buffer); count >= 0; count = input.read(buffer)) {
        synchronized (output) {
          output.write(buffer, 0, Math.min(count, MAX_OUTPUT_BYTES - output.size()));
        }
      }
    } catch (IOException e) {
      // Closed under us by the end of the process: what came until now is the output.
    }
  }

  private static IOException interrupted(InterruptedException cause) {
    Thread.currentThread().interrupt();
    return new IOException("interrupted", cause);
  }

  /** A command did not end in time and was killed. */
  static final class TimedOut extends IOException {
    private static final long serialVersionUID = 1L;
    private final String printed;

    private TimedOut(String verb, Duration limit, String printed) {
      super("podman " + verb + " did not end within " + limit.toSeconds() + " s");
      this.printed = printed;
    }

    /** What it had printed. */
    String printed() {
      return printed;
    }
  }
}
