package dev.bellows.embedded.runtime.process;

import dev.bellows.embedded.runtime.ExecResult;
import dev.bellows.embedded.runtime.ExitStatus;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A command that runs inside a container while somebody waits for it. */
final class Exec {
  /** Output beyond this is read and dropped; the kubelet's own limit for a probe's output. */
  private static final int MAX_OUTPUT_BYTES = 10 * 1024;

  /** Stack of a thread that only copies output. */
  private static final long READER_STACK_BYTES = 128 * 1024;

  /** How long output may trail after the end: only a child that kept the pipe makes us wait. */
  private static final Duration OUTPUT_LIMIT = Duration.ofMillis(200);

  private final Child child;
  private final ByteArrayOutputStream output = new ByteArrayOutputStream();

  Exec(Child child) {
    this.child = child;
  }

  ExecResult await(Duration limit) {
    CompletableFuture<Void> read =
        CompletableFuture.allOf(drain(child.output()), drain(child.errors()));
    Optional<ExitStatus> exit = Optional.empty();
    try {
      OptionalInt code = child.await(limit);
      if (code.isPresent()) {
        exit = Optional.of(new ExitStatus(code.getAsInt()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (exit.isEmpty()) {
      child.kill();
    }
    try {
      read.get(OUTPUT_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (TimeoutException | ExecutionException e) {
      // What came until now is the output.
    }
    synchronized (output) {
      return new ExecResult(exit, output.toString(StandardCharsets.UTF_8));
    }
  }

  private CompletableFuture<Void> drain(InputStream input) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    // Platform threads: two silent commands would hold all carriers of a small machine.
    Thread.ofPlatform()
        .name("exec-output-" + child.pid())
        .daemon()
        .stackSize(READER_STACK_BYTES)
        .start(() -> {
          try (input) {
            byte[] buffer = new byte[1024];
            int count;
            while ((count = input.read(buffer)) >= 0) {
              keep(buffer, count);
            }
            done.complete(null);
          } catch (IOException e) {
            done.completeExceptionally(e);
          }
        });
    return done;
  }

  private void keep(byte[] buffer, int count) {
    synchronized (output) {
      output.write(buffer, 0, Math.min(count, MAX_OUTPUT_BYTES - output.size()));
    }
  }
}
