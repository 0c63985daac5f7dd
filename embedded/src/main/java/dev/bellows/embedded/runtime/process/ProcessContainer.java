package dev.bellows.embedded.runtime.process;

import dev.bellows.embedded.runtime.Attachment;
import dev.bellows.embedded.runtime.Container;
import dev.bellows.embedded.runtime.ContainerId;
import dev.bellows.embedded.runtime.ContainerSpec;
import dev.bellows.embedded.runtime.ContainerStartException;
import dev.bellows.embedded.runtime.ExecResult;
import dev.bellows.embedded.runtime.ExitStatus;
import dev.bellows.embedded.runtime.Stdio;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
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
  private final Tap output;
  private final Tap errors;
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
    this.output = new Tap(child.output());
    this.errors = new Tap(child.errors());
  }

  @Override
  public ContainerId id() {
    return spec.id();
  }

  @Override
  public OptionalLong pid() {
    return OptionalLong.of(child.pid());
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
    return new Exec(launch(command, Stdio.OUTPUT_ONLY)).await(limit);
  }

  @Override
  public Attachment exec(List<String> command, Stdio stdio) throws ContainerStartException {
    return new ExecAttachment(launch(command, stdio));
  }

  private Child launch(List<String> command, Stdio stdio) throws ContainerStartException {
    Map<String, String> variables = new HashMap<>(environment);
    if (stdio == Stdio.TERMINAL) {
      variables.putIfAbsent("TERM", "xterm"); // as containerd and CRI-O set it
    }
    return launcher.launch(
        command, variables, directory, spec.isolation(), OptionalLong.of(child.pid()), stdio);
  }

  @Override
  public Attachment attach() {
    return new TapAttachment(child, output.listen(), errors.listen(), exit());
  }

  /** What the program says, on its way into the log. */
  Tap output() {
    return output;
  }

  /** The same of its standard error. */
  Tap errors() {
    return errors;
  }

  /** Frees what the program's streams held of ours. */
  void releaseInput() throws IOException {
    if (child.input().isPresent()) {
      child.input().get().close();
    }
  }
}
