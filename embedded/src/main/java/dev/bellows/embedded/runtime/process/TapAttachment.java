package dev.bellows.embedded.runtime.process;

import dev.bellows.embedded.runtime.Attachment;
import dev.bellows.embedded.runtime.ExitStatus;
import dev.bellows.embedded.runtime.TerminalSize;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A client's hold on a container's own program, which goes on without it.
 *
 * @param child the program
 * @param output a listener of its own
 * @param errors likewise
 */
record TapAttachment(
    Child child, InputStream output, InputStream errors, CompletableFuture<ExitStatus> exit)
    implements Attachment {
  @Override
  public Optional<OutputStream> input() {
    return child.input();
  }

  @Override
  public void resize(TerminalSize size) {
    child.resize(size);
  }

  @Override
  public void close() {
    try {
      output.close();
      errors.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
