package dev.bellows.embedded.runtime;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/** One start of a container. A restart is another {@code Container}. */
public interface Container {
  /** Whose start this is. */
  ContainerId id();

  /**
   * How the runtime names this start in {@code containerID}, for example {@code process://4711}.
   */
  String runtimeId();

  /** The number of its first process on this machine; empty if it cannot be told. */
  OptionalLong pid();

  /** When the command was executed. */
  Instant startedAt();

  /**
   * Completes, never exceptionally, when the first process has ended, what it left running has been
   * killed and its last output is in the log.
   */
  CompletableFuture<ExitStatus> exit();

  /** Asks the first process to end (SIGTERM). Does nothing if it has ended. */
  void terminate();

  /** Kills all of the container's processes (SIGKILL). Does nothing if they have ended. */
  void kill();

  /**
   * Runs a command beside the container's own, in its environment and working directory, for
   * somebody who holds its streams.
   *
   * @throws ContainerStartException if the command cannot be executed
   */
  Attachment exec(List<String> command, Stdio stdio) throws ContainerStartException;

  /**
   * Takes hold of the container's own program, as it goes on; what it said before is in the log.
   *
   * @throws ContainerStartException if it has no streams to take
   */
  Attachment attach() throws ContainerStartException;

  /**
   * Runs a command beside the container's own, in its environment and working directory, and waits
   * for it; past the limit it is killed.
   *
   * @throws ContainerStartException if the command cannot be executed
   */
  ExecResult exec(List<String> command, Duration limit) throws ContainerStartException;
}
