package dev.bellows.embedded.runtime.podman;

import dev.bellows.embedded.runtime.Attachment;
import dev.bellows.embedded.runtime.Container;
import dev.bellows.embedded.runtime.ContainerId;
import dev.bellows.embedded.runtime.ContainerStartException;
import dev.bellows.embedded.runtime.ExecResult;
import dev.bellows.embedded.runtime.ExitStatus;
import dev.bellows.embedded.runtime.Stdio;
import dev.bellows.embedded.runtime.process.TerminalProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A container that podman runs. */
final class PodmanContainer implements Container {
  private static final Logger LOG = LoggerFactory.getLogger(PodmanContainer.class);

  /** Marks the processes of one {@code exec}, so that those can be killed and no others. */
  private static final String EXEC_MARK = "BELLOWS_EXEC";

  /** Every key is the program's: the client has its own way to leave. */
  private static final List<String> NO_DETACH_KEYS = List.of("--detach-keys", "");

  private final Podman podman;
  private final Stdio stdio;
  private final ContainerId id;
  private final String name;
  private final String runtimeId;
  private final Instant startedAt;
  private final CompletableFuture<ExitStatus> exit;

  /** Asked for once. */
  private volatile long pid;

  PodmanContainer(
      Podman podman,
      Stdio stdio,
      ContainerId id,
      String name,
      String runtimeId,
      Instant startedAt,
      CompletableFuture<ExitStatus> exit) {
    this.podman = podman;
    this.stdio = stdio;
    this.id = id;
    this.name = name;
    this.runtimeId = runtimeId;
    this.startedAt = startedAt;
    this.exit = exit;
  }

  @Override
  public ContainerId id() {
    return id;
  }

  @Override
  public String runtimeId() {
    return "podman://" + runtimeId;
  }

  @Override
  public OptionalLong pid() {
    if (pid == 0 && !exit.isDone()) {
      try {
        String found = podman.run("inspect", "--format", "{{.State.Pid}}", name).output().strip();
        pid = Long.parseLong(found);
      } catch (IOException | NumberFormatException e) {
        LOG.debug("podman does not tell the process of {}: {}", id, e.getMessage());
      }
    }
    return pid == 0 ? OptionalLong.empty() : OptionalLong.of(pid);
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

  @Override
  public void terminate() {
    signal("TERM");
  }

  @Override
  public void kill() {
    signal("KILL");
  }

  private void signal(String signal) {
    if (exit.isDone()) {
      return;
    }
    Thread.ofVirtual()
        .name("podman-kill-" + id)
        .start(() -> {
          try {
            podman.run("kill", "--signal", signal, name);
          } catch (IOException e) {
            LOG.warn("SIG{} was not sent to {}: {}", signal, id, e.getMessage());
          }
        });
  }

  @Override
  public ExecResult exec(List<String> command, Duration limit) throws ContainerStartException {
    String mark = EXEC_MARK + "=" + UUID.randomUUID();
    List<String> words = new ArrayList<>(List.of("exec", "--env", mark, name));
    words.addAll(command);
    try {
      Podman.Result result = podman.run(words, limit);
      if (result.code() == CANNOT_EXECUTE || result.code() == NO_SUCH_PROGRAM) {
        throw new ContainerStartException(result.lastLine());
      }
      return new ExecResult(Optional.of(new ExitStatus(result.code())), result.output());
    } catch (Podman.TimedOut e) {
      killMarked(mark);
      return new ExecResult(Optional.empty(), e.printed());
    } catch (IOException e) {
      throw new ContainerStartException("podman exec: " + e.getMessage(), e);
    }
  }

  @Override
  public Attachment exec(List<String> command, Stdio stdio) throws ContainerStartException {
    String mark = EXEC_MARK + "=" + UUID.randomUUID();
    List<String> words = new ArrayList<>(List.of("exec", "--env", mark));
    words.addAll(options(stdio));
    words.add(name);
    words.addAll(command);
    Attachment held = hold(words, stdio);
    return new Held(held, held.exit(), () -> killMarked(mark));
  }

  @Override
  public Attachment attach() throws ContainerStartException {
    List<String> words = new ArrayList<>(List.of("attach", "--sig-proxy=false"));
    words.addAll(stdio == Stdio.OUTPUT_ONLY ? List.of("--no-stdin") : NO_DETACH_KEYS);
    words.add(name);
    return new Held(hold(words, stdio), exit(), () -> {});
  }

  /** What {@code run} and {@code exec} are told of the streams. */
  static List<String> options(Stdio stdio) {
    return switch (stdio) {
      case OUTPUT_ONLY -> List.of();
      case PIPES -> List.of("--interactive");
      case TERMINAL ->
          Stream.of(List.of("--interactive", "--tty"), NO_DETACH_KEYS)
              .flatMap(List::stream)
              .toList();
    };
  }

  private Attachment hold(List<String> words, Stdio with) throws ContainerStartException {
    try {
      if (with == Stdio.TERMINAL) {
        return TerminalProcess.start(Podman.words(words));
      }
      Process process = podman.start(words);
      if (with == Stdio.OUTPUT_ONLY) {
        process.getOutputStream().close();
      }
      return new PipedProcess(process, with == Stdio.PIPES);
    } catch (IOException e) {
      throw new ContainerStartException("podman " + words.getFirst() + ": " + e.getMessage(), e);
    }
  }

  /** Podman's exit codes for a command that it could not execute. */
  static final int CANNOT_EXECUTE = 126;

  static final int NO_SUCH_PROGRAM = 127;

  // Ending `podman exec` does not end what it has started.
  private static void killMarked(String mark) {
    ProcessHandle.allProcesses()
        .filter(process -> carries(process.pid(), mark))
        .forEach(ProcessHandle::destroyForcibly);
  }

  private static boolean carries(long pid, String mark) {
    try {
      String environment =
          Files.readString(Path.of("/proc/" + pid + "/environ"), StandardCharsets.ISO_8859_1);
      return List.of(environment.split("\0", -1)).contains(mark);
    } catch (IOException e) {
      return false; // gone, or not ours
    }
  }
}
