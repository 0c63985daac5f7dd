package dev.bellows.embedded.runtime.process;

import dev.bellows.embedded.runtime.Container;
import dev.bellows.embedded.runtime.ContainerId;
import dev.bellows.embedded.runtime.ContainerSpec;
import dev.bellows.embedded.runtime.ContainerStartException;
import dev.bellows.embedded.runtime.ExecResult;
import dev.bellows.embedded.runtime.ExitStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** A container that is a process and whatever it starts. */
final class ProcessContainer implements Container {
  private final ContainerSpec spec;
  private final Map<String, String> environment;
  private final Path directory;
  private final Process process;
  private final Launcher launcher;
  private final Instant startedAt;
  private final CompletableFuture<ExitStatus> exit = new CompletableFuture<>();

  ProcessContainer(
      ContainerSpec spec,
      Map<String, String> environment,
      Path directory,
      Process process,
      Launcher launcher,
      Instant startedAt) {
    this.spec = spec;
    this.environment = environment;
    this.directory = directory;
    this.process = process;
    this.launcher = launcher;
    this.startedAt = startedAt;
  }

  @Override
  public ContainerId id() {
    return spec.id();
  }

  long pid() {
    return process.pid();
  }

  @Override
  public String runtimeId() {
    return "process://" + process.pid();
  }

  @Override
  public Instant startedAt() {
    return startedAt;
  }

  @Override
  public CompletableFuture<ExitStatus> exit() {
    // A copy: only the runtime may complete the original.
    return exit.copy();
  }

  void exited(ExitStatus status) {
    exit.complete(status);
  }

  /** To the first process alone, as a container runtime does: it may tell its children, or not. */
  @Override
  public void terminate() {
    // Through the JDK, which knows whether the pid is still this process's; through the handle,
    // because Process.destroy also closes the outputs, and with them the last lines.
    process.toHandle().destroy();
  }

  @Override
  public void kill() {
    // While the first process is not reaped, its pid, which is also the group's number, is taken.
    // In its first instants it has no group of its own yet.
    if (process.isAlive() && !Signals.toGroup(process.pid(), Signals.SIGKILL)) {
      process.toHandle().destroyForcibly();
    }
  }

  @Override
  public ExecResult exec(List<String> command, Duration limit) throws ContainerStartException {
    Process probe = launcher.launch(command, environment, directory);
    return new Exec(probe).await(limit);
  }
}
