package dev.bellows.embedded.runtime.process;

import java.io.InputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A program that {@link NativeSpawner} started. Until it is reaped, its number cannot be given to
 * another process, so signals are sent under the lock that reaping takes: they never reach a
 * stranger.
 */
final class NativeChild implements Child {
  private final long pid;
  private final InputStream output;
  private final InputStream errors;
  private final CompletableFuture<Integer> exit;
  private boolean reaped;

  NativeChild(long pid, InputStream output, InputStream errors, NativeSpawner spawner) {
    this.pid = pid;
    this.output = output;
    this.errors = errors;
    Optional<ProcessHandle> handle = ProcessHandle.of(pid);
    // The JDK waits for the end of any child and reaps only its own; see ProcessHandle.onExit.
    exit =
        handle
            .map(found -> found.onExit().thenApply(ended -> reap(spawner)))
            .orElseGet(() -> CompletableFuture.supplyAsync(() -> reap(spawner)));
  }

  private synchronized int reap(NativeSpawner spawner) {
    Signals.toGroup(pid, Signals.SIGKILL);
    int code = spawner.reap(pid);
    reaped = true;
    return code;
  }

  @Override
  public long pid() {
    return pid;
  }

  @Override
  public InputStream output() {
    return output;
  }

  @Override
  public InputStream errors() {
    return errors;
  }

  @Override
  public synchronized void terminate() {
    if (!reaped) {
      Signals.toProcess(pid, Signals.SIGTERM);
    }
  }

  @Override
  public synchronized void kill() {
    if (!reaped) {
      Signals.toGroup(pid, Signals.SIGKILL);
    }
  }

  @Override
  public int await() throws InterruptedException {
    try {
      return exit.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("waiting for process " + pid, e);
    }
  }

  @Override
  public OptionalInt await(Duration limit) throws InterruptedException {
    try {
      return OptionalInt.of(exit.get(limit.toNanos(), TimeUnit.NANOSECONDS));
    } catch (TimeoutException e) {
      return OptionalInt.empty();
    } catch (ExecutionException e) {
      throw new IllegalStateException("waiting for process " + pid, e);
    }
  }
}
