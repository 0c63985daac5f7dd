package dev.bellows.embedded.runtime.process;

import dev.bellows.embedded.runtime.TerminalSize;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;

/**
 * A program that the JDK started.
 *
 * @param process led in by {@code setsid}, so in its first instants it has no group of its own yet
 * @param input what it reads, if anything
 */
record JdkChild(Process process, Optional<OutputStream> input) implements Child {
  @Override
  public long pid() {
    return process.pid();
  }

  @Override
  public InputStream output() {
    return process.getInputStream();
  }

  @Override
  public InputStream errors() {
    return process.getErrorStream();
  }

  /** The JDK does so from the start. */
  @Override
  public void follow() {}

  /** The JDK starts no program with a terminal. */
  @Override
  public void resize(TerminalSize size) {}

  @Override
  public void terminate() {
    // Through the JDK, which knows whether the pid is still this process's; through the handle,
    // because Process.destroy also closes the outputs, and with them the last lines.
    process.toHandle().destroy();
  }

  @Override
  public void kill() {
    if (process.isAlive() && !Signals.toGroup(process.pid(), Signals.SIGKILL)) {
      process.toHandle().destroyForcibly();
    }
  }

  @Override
  public int await() throws InterruptedException {
    int code = process.waitFor();
    // The group's number stays taken while it has members; with none, nobody gets the signal.
    Signals.toGroup(process.pid(), Signals.SIGKILL);
    return code;
  }

  @Override
  public OptionalInt await(Duration limit) throws InterruptedException {
    return process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS)
        ? OptionalInt.of(await())
        : OptionalInt.empty();
  }
}
