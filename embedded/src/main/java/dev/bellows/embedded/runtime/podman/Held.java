package dev.bellows.embedded.runtime.podman;

import dev.bellows.embedded.runtime.Attachment;
import dev.bellows.embedded.runtime.ExitStatus;
import dev.bellows.embedded.runtime.TerminalSize;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A client's hold on something that runs in a container, by way of a podman command.
 *
 * @param command the hold on that
 * @param exit how the thing itself ends
 * @param letGo what is to be done when the hold ends before the thing does
 */
record Held(Attachment command, CompletableFuture<ExitStatus> exit, Runnable letGo)
    implements Attachment {
  @Override
  public Optional<OutputStream> input() {
    return command.input();
  }

  @Override
  public InputStream output() {
    return command.output();
  }

  @Override
  public InputStream errors() {
    return command.errors();
  }

  @Override
  public void resize(TerminalSize size) {
    command.resize(size);
  }

  @Override
  public void close() {
    if (!exit.isDone()) {
      letGo.run();
    }
    command.close();
  }
}
