package dev.bellows.embedded.runtime.process;

import dev.bellows.embedded.runtime.Container;
import dev.bellows.embedded.runtime.ContainerRuntime;
import dev.bellows.embedded.runtime.ContainerSpec;
import dev.bellows.embedded.runtime.ContainerStartException;
import dev.bellows.embedded.runtime.Executable;
import dev.bellows.embedded.runtime.ExitStatus;
import dev.bellows.embedded.runtime.Powers;
import dev.bellows.embedded.runtime.log.LineSplitter;
import dev.bellows.embedded.runtime.log.LogFile;
import dev.bellows.embedded.runtime.log.LogLine;
import dev.bellows.embedded.store.DataFiles;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs each container as a plain process: the leader of its own session and process group, with the
 * environment it was given, its output in log files.
 *
 * <p>When the first process ends, whatever is left of its group is killed, as the end of a
 * container's first process ends the container. Children that left the group are found by their
 * {@link Mark} and killed shortly after. When our own JVM is killed, the kernel kills the first
 * processes with it; the rest is ended when the same directory is opened again ({@link Leftovers}).
 *
 * <p>Threads: one starts all programs ({@link Launcher}); each container has two that read its
 * outputs and one of the JDK's that waits for its end. One directory belongs to one runtime at a
 * time; holding the data directory's lock is the caller's duty.
 */
public final class ProcessRuntime implements ContainerRuntime {
  private static final Logger LOG = LoggerFactory.getLogger(ProcessRuntime.class);

  /** How long after the end output may trail; only a child that kept the pipe makes us wait. */
  private static final Duration OUTPUT_LIMIT = Duration.ofMillis(500);

  /** How long what a container left outside its group lives on; those that end meanwhile share. */
  private static final Duration SWEEP_DELAY = Duration.ofMillis(250);

  /** How long {@link #close} waits for killed containers. */
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

  /** Stack of a thread that only copies output. */
  private static final long READER_STACK_BYTES = 128 * 1024;

  private final String runtimeId;
  private final Journal journal;
  private final Launcher launcher;
  private final Path defaultDirectory;
  private final String bootId;
  private @Nullable Cgroups cgroups;
  private final Clock clock;
  private final Map<Long, ProcessContainer> running = new ConcurrentHashMap<>();
  private final Set<Mark> ended = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean sweepIsDue = new AtomicBoolean();

  /**
   * Opens the runtime on its directory and ends what an earlier one left running.
   *
   * @param directory for the runtime's own records; created if absent
   * @param account whom programs run as; empty = whoever we are
   * @param privileged whether to use root's rights, where we have them, to set containers apart
   * @param ourEnvironment the environment to take the basics from (PATH, HOME, LANG …)
   * @param clock stamps starts and log lines
   * @throws IOException if the directory cannot be used, or the machine lacks what is needed
   */
  public ProcessRuntime(
      Path directory,
      Optional<Account> account,
      boolean privileged,
      Map<String, String> ourEnvironment,
      Clock clock)
      throws IOException {
    this(
        directory,
        account,
        new Launcher(
            ourEnvironment,
            account,
            NativeSpawner::find,
            privileged
                ? Optional.of(DataFiles.ownerOnlyDirectory(directory.resolve("root")))
                : Optional.empty()),
        clock);
  }

  ProcessRuntime(Path directory, Optional<Account> account, Launcher launcher, Clock clock)
      throws IOException {
    DataFiles.ownerOnlyDirectory(directory);
    this.launcher = launcher;
    this.clock = clock;
    runtimeId = identity(directory.resolve("runtime-id"));
    journal = new Journal(directory.resolve("running"));
    defaultDirectory = DataFiles.ownerOnlyDirectory(directory.resolve("work"));
    if (account.isPresent()) {
      // They start in it, and so need no way to it through what is ours alone.
      Files.setAttribute(defaultDirectory, "unix:uid", account.get().uid());
      Files.setAttribute(defaultDirectory, "unix:gid", account.get().gid());
    }
    bootId = ProcessTable.bootId();
    Leftovers.end(runtimeId, journal);
    Thread.ofVirtual().name("look-for-cgroups").start(this::cgroups);
  }

  // Survives restarts: by it the processes of a killed run are recognised.
  private static String identity(Path file) throws IOException {
    if (!Files.exists(file)) {
      Files.writeString(file, UUID.randomUUID().toString());
    }
    return Files.readString(file).strip();
  }

  @Override
  public String version() {
    String version = ProcessRuntime.class.getPackage().getImplementationVersion();
    return "process://" + (version == null ? "development" : version);
  }

  /** Looked for when they are first needed: until then the spawner may still look for its means. */
  private synchronized Cgroups cgroups() {
    Cgroups found = cgroups;
    if (found == null) {
      found =
          launcher.canSetApart()
              ? Cgroups.ofThisMachine(runtimeId)
              : Cgroups.none(launcher.hindrance());
      found.removeLeftovers();
      cgroups = found;
    }
    return found;
  }

  @Override
  public int uid() {
    return launcher.uid();
  }

  @Override
  public Powers powers() {
    Set<Powers.Power> granted = new HashSet<>(cgroups().powers());
    if (launcher.canSetApart()) {
      granted.addAll(
          Set.of(Powers.Power.NETWORK_NAMESPACE, Powers.Power.MOUNTS, Powers.Power.IDENTITY));
    }
    return new Powers(
        granted, launcher.canSetApart() ? cgroups().hindrance() : launcher.hindrance());
  }

  @Override
  public void mountMemory(Path directory, OptionalLong limitBytes) throws IOException {
    launcher.mountMemory(directory, limitBytes);
  }

  @Override
  public void unmountBelow(Path directory) throws IOException {
    launcher.unmountBelow(directory);
  }

  @Override
  public Container start(ContainerSpec asked) throws ContainerStartException {
    Cgroups.Group group = group(asked);
    try {
      ContainerSpec spec = asked.with(asked.isolation().in(group.toEnter()));
      return start(spec, group);
    } catch (ContainerStartException e) {
      group.remove();
      throw e;
    }
  }

  private Cgroups.Group group(ContainerSpec spec) throws ContainerStartException {
    try {
      return cgroups().make(spec.id(), spec.isolation().limits());
    } catch (IOException e) {
      throw new ContainerStartException(String.valueOf(e.getMessage()), e);
    }
  }

  private Container start(ContainerSpec spec, Cgroups.Group group) throws ContainerStartException {
    if (!(spec.executable() instanceof Executable.Program(List<String> command))) {
      throw new ContainerStartException(
          "image \"" + spec.image() + "\" is no program of this machine");
    }
    Map<String, String> environment = new HashMap<>(spec.environment());
    Mark mark = Mark.of(runtimeId, spec.id());
    environment.put(Mark.VARIABLE, mark.toString());
    Path directory = spec.workingDirectory().orElse(defaultDirectory);
    LogFile log;
    try {
      log = new LogFile(spec.logFile(), clock);
    } catch (IOException e) {
      throw new ContainerStartException("cannot open the log " + spec.logFile(), e);
    }
    Child child;
    try {
      child =
          launcher.launch(
              command,
              environment,
              directory,
              spec.isolation(),
              OptionalLong.empty(),
              spec.stdio());
    } catch (ContainerStartException e) {
      close(log);
      throw e;
    }
    try {
      group.takeIn(child.pid());
    } catch (IOException e) {
      LOG.warn("{} is not held to its limits, unless it has ended already", spec.id(), e);
    }
    ProcessContainer container =
        new ProcessContainer(
            spec, Map.copyOf(environment), directory, child, launcher, clock.instant());
    running.put(child.pid(), container);
    CountDownLatch outputs = new CountDownLatch(2);
    read(container.output(), new LineSplitter(LogLine.Stream.STDOUT, log), spec, outputs);
    read(container.errors(), new LineSplitter(LogLine.Stream.STDERR, log), spec, outputs);
    Runnable forget = writeDown(spec, child.pid());
    Thread.ofVirtual()
        .name("container-exit-" + child.pid())
        .start(() -> {
          int code = awaitExit(child);
          forget.run();
          ended.add(mark); // for close, which waits no longer than until the exit is told
          ExitStatus status = new ExitStatus(code, code != 0 && group.ranOutOfMemory());
          finish(container, child.pid(), status, outputs, log);
          group.remove();
          ended.add(mark); // a look that came meanwhile may have been too early
          sweepSoon();
        });
    return container;
  }

  private Runnable writeDown(ContainerSpec spec, long pid) {
    return ProcessTable.find(pid)
        .<Runnable>map(stat -> {
          Journal.Entry entry =
              new Journal.Entry(
                  pid, stat.startTicks(), bootId, spec.id().podUid(), spec.id().container());
          try {
            journal.add(entry);
          } catch (IOException e) {
            // The parent-death signal and the mark still hold; the journal is the third means.
            LOG.warn("cannot write down process {} of {}", pid, spec.id(), e);
          }
          return () -> forget(entry);
        })
        .orElse(() -> {}); // it has ended already
  }

  private void forget(Journal.Entry entry) {
    try {
      journal.remove(entry);
    } catch (IOException e) {
      LOG.warn("cannot remove {} from the journal", entry, e);
    }
  }

  private static void read(
      InputStream input, LineSplitter splitter, ContainerSpec spec, CountDownLatch outputs) {
    // Platform threads: a read from a pipe would hold a virtual thread's carrier all its life.
    Thread.ofPlatform()
        .name("container-output-" + spec.id())
        .daemon()
        .stackSize(READER_STACK_BYTES)
        .start(() -> {
          try (input) {
            splitter.copy(input);
          } catch (IOException e) {
            LOG.warn("log of {} ends early", spec.id(), e);
          } finally {
            outputs.countDown();
          }
        });
  }

  private static int awaitExit(Child child) {
    while (true) {
      try {
        return child.await();
      } catch (InterruptedException e) {
        LOG.debug("nobody interrupts the thread that waits for a program", e);
      }
    }
  }

  private void finish(
      ProcessContainer container,
      long pid,
      ExitStatus status,
      CountDownLatch outputs,
      LogFile log) {
    try {
      if (!outputs.await(OUTPUT_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.debug("{} left a process that keeps its output open", container.id());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      close(log);
      close(container::releaseInput);
      running.remove(pid, container);
      container.exited(status);
    }
  }

  /**
   * Looks through the process table once for all containers that end within a while: a look costs
   * as much as the machine has processes, so that one for each would cost the square of the pods.
   */
  private void sweepSoon() {
    if (!sweepIsDue.compareAndSet(false, true)) {
      return; // the one that is due will see this container, too
    }
    try {
      Thread.sleep(SWEEP_DELAY);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    sweepIsDue.set(false);
    sweep();
  }

  private void sweep() {
    synchronized (ended) {
      Set<Mark> marks = Set.copyOf(ended);
      if (marks.isEmpty()) {
        return;
      }
      ended.removeAll(marks);
      try {
        Leftovers.end(marks);
      } catch (IOException e) {
        LOG.warn("cannot look for processes that ended containers left", e);
      }
    }
  }

  private static void close(Closeable log) {
    try {
      log.close();
    } catch (IOException e) {
      LOG.warn("cannot close a log", e);
    }
  }

  @Override
  public void close() {
    CompletableFuture<?>[] exits =
        running.values().stream()
            .peek(ProcessContainer::kill)
            .map(ProcessContainer::exit)
            .toArray(CompletableFuture<?>[]::new);
    try {
      CompletableFuture.allOf(exits).get(CLOSE_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("killed containers are still there after {}", CLOSE_LIMIT);
    }
    sweep();
    cgroups().close();
    launcher.close();
  }
}
