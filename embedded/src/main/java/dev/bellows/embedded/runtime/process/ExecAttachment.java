package dev.bellows.embedded.runtime.process;

import dev.bellows.embedded.runtime.Attachment;
import dev.bellows.embedded.runtime.ExitStatus;
import dev.bellows.embedded.runtime.TerminalSize;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A client's hold on a command that was started for it, and dies with it. */
final class ExecAttachment implements Attachment {
  private static final Logger LOG = LoggerFactory.getLogger(ExecAttachment.class);

  private final Child child;
  private final InputStream output;
  private final InputStream errors;
  private final CompletableFuture<ExitStatus> exit = new CompletableFuture<>();

  ExecAttachment(Child child) {
    this.child = child;
    this.output = child.output();
    this.errors = child.errors();
    Thread.ofVirtual()
        .name("exec-exit-" + child.pid())
        .start(() -> {
          try {
            exit.complete(new ExitStatus(child.await()));
          } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts this thread", e);
          }
        });
  }

  @Override
  public Optional<OutputStream> input() {
    return child.input();
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
  public void resize(TerminalSize size) {
    child.resize(size);
  }

  @Override
  public CompletableFuture<ExitStatus> exit() {
    return exit.copy();
  }

  /** The program first: a thread that is blocked on one of its streams then finds the end. */
  @Override
  public void close() {
    child.kill();
    child.input().ifPresent(this::release);
    release(output);
    release(errors);
  }

  private void release(Closeable stream) {
    try {
      stream.close();
    } catch (IOException e) {
      LOG.debug("closing a stream of process {}", child.pid(), e);
    }
  }
}
