package dev.bellows.embedded.runtime.process;

import dev.bellows.embedded.runtime.TerminalSize;
import java.io.InputStream;
import java.io.OutputStream;
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
  private final Streams streams;
  private final NativeSpawner spawner;
  private final CompletableFuture<Integer> exit = new CompletableFuture<>();
  private boolean reaped;

  /** Our ends of a program's standard streams. */
  sealed interface Streams {
    record Pipes(Optional<OutputStream> input, InputStream output, InputStream errors)
        implements Streams {}

    record OfTerminal(Terminal terminal) implements Streams {}
  }

  NativeChild(long pid, Streams streams, NativeSpawner spawner) {
    this.pid = pid;
    this.streams = streams;
    this.spawner = spawner;
  }

  @Override
  public void follow() {
    // The JDK waits for the end of any child and reaps only its own; see ProcessHandle.onExit.
    CompletableFuture<Void> _ =
        ProcessHandle.of(pid)
            .map(found -> found.onExit().thenAccept(ended -> exit.complete(reap())))
            .orElseGet(() -> CompletableFuture.runAsync(() -> exit.complete(reap())));
  }

  private synchronized int reap() {
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
    return switch (streams) {
      case Streams.Pipes pipes -> pipes.output();
      case Streams.OfTerminal of -> of.terminal().output();
    };
  }

  @Override
  public InputStream errors() {
    return switch (streams) {
      case Streams.Pipes pipes -> pipes.errors();
      case Streams.OfTerminal _ -> InputStream.nullInputStream();
    };
  }

  @Override
  public Optional<OutputStream> input() {
    return switch (streams) {
      case Streams.Pipes pipes -> pipes.input();
      case Streams.OfTerminal of -> Optional.of(of.terminal().input());
    };
  }

  @Override
  public void resize(TerminalSize size) {
    if (streams instanceof Streams.OfTerminal(Terminal terminal)) {
      terminal.resize(size);
    }
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
