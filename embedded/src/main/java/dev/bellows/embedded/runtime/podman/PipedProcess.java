package dev.bellows.embedded.runtime.podman;

import dev.bellows.embedded.runtime.Attachment;
import dev.bellows.embedded.runtime.ExitStatus;
import dev.bellows.embedded.runtime.TerminalSize;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A podman command whose standard streams are pipes, and apart.
 *
 * @param hasInput whether it reads from us
 */
record PipedProcess(Process process, boolean hasInput) implements Attachment {
  @Override
  public Optional<OutputStream> input() {
    return hasInput ? Optional.of(process.getOutputStream()) : Optional.empty();
  }

  @Override
  public InputStream output() {
    return process.getInputStream();
  }

  @Override
  public InputStream errors() {
    return process.getErrorStream();
  }

  /** There is no terminal. */
  @Override
  public void resize(TerminalSize size) {}

  @Override
  public CompletableFuture<ExitStatus> exit() {
    return process.onExit().thenApply(ended -> new ExitStatus(ended.exitValue()));
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
