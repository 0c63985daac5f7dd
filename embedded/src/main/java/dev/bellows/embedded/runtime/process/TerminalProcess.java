package dev.bellows.embedded.runtime.process;

import dev.bellows.embedded.runtime.Attachment;
import dev.bellows.embedded.runtime.ExitStatus;
import dev.bellows.embedded.runtime.TerminalSize;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A command of this machine with a terminal of its own, which it controls; it ends with that. */
public final class TerminalProcess implements Attachment {
  private static final Redirect NOTHING = Redirect.from(new File("/dev/null"));

  private final Terminal terminal;
  private final Process process;

  private TerminalProcess(Terminal terminal, Process process) {
    this.terminal = terminal;
    this.process = process;
  }

  /**
   * Starts a command.
   *
   * @throws IOException if there is no terminal, or the command cannot be executed
   */
  public static TerminalProcess start(List<String> command) throws IOException {
    Terminal terminal = Terminal.open();
    // The first terminal that the leader of a session opens becomes the session's (tty(4)); we
    // must not open it ourselves, or it might become ours.
    List<String> words = new ArrayList<>(List.of("setsid", "--wait", "sh", "-c"));
    words.add("exec \"$@\" <\"$0\" >\"$0\" 2>&1");
    words.add(terminal.name());
    words.addAll(command);
    try {
      Process process =
          new ProcessBuilder(words)
              .redirectInput(NOTHING)
              .redirectOutput(Redirect.DISCARD)
              .redirectError(Redirect.DISCARD)
              .start();
      return new TerminalProcess(terminal, process);
    } catch (IOException e) {
      terminal.close();
      throw e;
    }
  }

  @Override
  public Optional<OutputStream> input() {
    return Optional.of(terminal.input());
  }

  @Override
  public InputStream output() {
    return terminal.output();
  }

  /** A terminal has one output. */
  @Override
  public InputStream errors() {
    return InputStream.nullInputStream();
  }

  @Override
  public void resize(TerminalSize size) {
    terminal.resize(size);
  }

  @Override
  public CompletableFuture<ExitStatus> exit() {
    return process.onExit().thenApply(ended -> new ExitStatus(ended.exitValue()));
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    terminal.close();
  }
}
