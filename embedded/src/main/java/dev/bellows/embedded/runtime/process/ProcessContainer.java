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
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/** A container that is a process and whatever it starts. */
final class ProcessContainer implements Container {
  private final ContainerSpec spec;
  private final Map<String, String> environment;
  private final Path directory;
  private final Child child;
  private final Launcher launcher;
  private final Instant startedAt;
  private final CompletableFuture<ExitStatus> exit = new CompletableFuture<>();

  ProcessContainer(
      ContainerSpec spec,
      Map<String, String> environment,
      Path directory,
      Child child,
      Launcher launcher,
      Instant startedAt) {
    this.spec = spec;
    this.environment = environment;
    this.directory = directory;
    this.child = child;
    this.launcher = launcher;
    this.startedAt = startedAt;
  }

  @Override
  public ContainerId id() {
    return spec.id();
  }

  long pid() {
    return child.pid();
  }

  @Override
  public String runtimeId() {
    return "process://" + child.pid();
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
    child.terminate();
  }

  @Override
  public void kill() {
    child.kill();
  }

  @Override
  public ExecResult exec(List<String> command, Duration limit) throws ContainerStartException {
    return new Exec(
            launcher.launch(
                command, environment, directory, spec.isolation(), OptionalLong.of(child.pid())))
        .await(limit);
  }
}
