package dev.bellows.embedded.runtime.process;

import dev.bellows.embedded.runtime.ContainerRuntime;
import dev.bellows.embedded.runtime.ContainerStartException;
import dev.bellows.embedded.runtime.Identity;
import dev.bellows.embedded.runtime.Isolation;
import dev.bellows.embedded.runtime.Stdio;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Executes commands so that they lead a session of their own and die with us.
 *
 * <p>The session comes from {@link NativeSpawner}, or, where the C library lacks what that needs,
 * from {@code setsid} of util-linux. The death comes from {@code setpriv --pdeathsig KILL}, which
 * asks the kernel to kill the program when its parent ends and then executes the program in its own
 * place. To the kernel the parent is the <em>thread</em> that started the program (prctl(2),
 * PR_SET_PDEATHSIG), so one platform thread that lives as long as we do starts them all. It enters
 * what a program is to have of its own, and comes back ({@link Surroundings}). No shell takes part.
 */
final class Launcher implements AutoCloseable {
  /** What a program gets of our own environment, where its own says nothing else. */
  private static final Set<String> BASICS =
      Set.of("PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR");

  private static final String DEFAULT_PATH =
      "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  private final String setsid;
  private final String setpriv;
  private final Optional<Account> account;
  private final Map<String, String> basics;
  private final ExecutorService spawner =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().name("container-spawner").daemon().factory());
  private final Future<Means> means;

  /**
   * What there is to start programs with.
   *
   * @param surroundings absent if programs can only start where and as whom we run
   * @param hindrance why they are absent; empty if they are not
   */
  private record Means(
      Optional<NativeSpawner> natively, Optional<Surroundings> surroundings, String hindrance) {}

  /** Finds the native way to start programs. */
  interface Natively extends Callable<Optional<NativeSpawner>> {}

  /**
   * Looks for the programs.
   *
   * @param account whom programs run as that name nobody themselves; empty = whoever we are
   * @param find the native way to start programs, if there is one; asked on the thread that starts
   *     them, since it takes a while
   * @param scratch an empty directory for nothing but {@link Mounts}; empty = programs are not set
   *     apart even if they could be
   * @throws IOException if one is missing, saying what to install
   */
  Launcher(
      Map<String, String> ourEnvironment,
      Optional<Account> account,
      Natively find,
      Optional<Path> scratch)
      throws IOException {
    this.account = account;
    Map<String, String> kept = new TreeMap<>(ourEnvironment);
    kept.keySet().retainAll(BASICS);
    kept.putIfAbsent("PATH", DEFAULT_PATH);
    basics = Map.copyOf(kept);
    String path = kept.getOrDefault("PATH", DEFAULT_PATH) + ":" + DEFAULT_PATH;
    setsid = tool("setsid", path);
    setpriv = tool("setpriv", path);
    means = spawner.submit(() -> look(find, scratch));
  }

  private static Means look(Natively find, Optional<Path> scratch) throws Exception {
    Optional<NativeSpawner> natively = find.call();
    if (natively.isEmpty()) {
      return new Means(natively, Optional.empty(), "the C library is older than glibc 2.34");
    }
    if (scratch.isEmpty()) {
      return new Means(natively, Optional.empty(), "told to do without privileges");
    }
    try {
      return new Means(natively, Optional.of(Surroundings.tryOut(scratch.get())), "");
    } catch (IOException | NoSuchElementException e) {
      return new Means(
          natively, Optional.empty(), "this takes root's rights on Linux (" + e.getMessage() + ")");
    }
  }

  /** Whether programs can be started in namespaces, and as users, of their own. */
  boolean canSetApart() {
    return means().surroundings().isPresent();
  }

  /** The number of whom programs run as that name nobody themselves. */
  int uid() {
    return account.map(Account::uid).orElseGet(Account::ourUid);
  }

  /** Why they cannot; empty if they can. */
  String hindrance() {
    return means().hindrance();
  }

  /** As {@link ContainerRuntime#mountMemory} says. */
  void mountMemory(Path directory, OptionalLong limitBytes) throws IOException {
    onSpawner(surroundings -> surroundings.mountMemory(directory, limitBytes));
  }

  /** As {@link ContainerRuntime#unmountBelow} says. */
  void unmountBelow(Path directory) throws IOException {
    if (canSetApart()) {
      onSpawner(surroundings -> surroundings.unmountBelow(directory));
    }
  }

  private interface Mounting {
    void run(Surroundings surroundings) throws IOException;
  }

  private void onSpawner(Mounting mounting) throws IOException {
    Surroundings surroundings =
        means()
            .surroundings()
            .orElseThrow(() -> new IOException("nothing can be mounted: " + hindrance()));
    try {
      get(
          spawner.submit(() -> {
            mounting.run(surroundings);
            return surroundings;
          }));
    } catch (ExecutionException e) {
      throw new IOException(reason(e.getCause()), e);
    }
  }

  private Means means() {
    try {
      return get(means);
    } catch (ExecutionException e) {
      throw new IllegalStateException("looking for ways to start programs", e);
    }
  }

  private static String tool(String name, String path) throws IOException {
    for (String directory : path.split(":", -1)) {
      Path file = Path.of(directory, name);
      if (file.isAbsolute() && Files.isExecutable(file)) {
        return file.toString();
      }
    }
    throw new IOException(
        name + " not found: the process runtime needs Linux with util-linux (setsid, setpriv)");
  }

  /**
   * Starts a command with its standard streams leading to us.
   *
   * @param directory where it starts, as it sees it
   * @param beside a running program whose files the command is to see, mounts and all
   * @throws ContainerStartException if the program or directory is not there or may not be used, or
   *     it cannot be set apart as it is to be
   */
  Child launch(
      List<String> command,
      Map<String, String> environment,
      Path directory,
      Isolation isolation,
      OptionalLong beside,
      Stdio stdio)
      throws ContainerStartException {
    Map<String, String> full = new TreeMap<>(basics);
    if (isolation.identity().filter(other -> other.uid() != uid()).isPresent()) {
      full.remove("USER");
      full.put("HOME", "/"); // as for a user whom the machine does not know
    } else {
      account.ifPresent(other -> full.putAll(other.environment()));
    }
    full.putAll(environment);
    checkTexts(command, full);
    if (!Files.isDirectory(isolation.onMachine(directory))) {
      throw new ContainerStartException(
          "chdir to cwd (\"" + directory + "\") failed: no such directory");
    }
    checkExecutable(
        command.getFirst(), full.getOrDefault("PATH", DEFAULT_PATH), directory, isolation);
    Isolation complete =
        isolation.identity().isPresent()
            ? isolation
            : isolation.as(account.filter(Account::isNotUs).map(Account::identity));
    // A FutureTask catches whatever is thrown, so the thread outlives it.
    Future<Child> start =
        spawner.submit(() -> start(command, full, directory.toString(), complete, beside, stdio));
    try {
      Child child = get(start);
      child.follow();
      return child;
    } catch (ExecutionException e) {
      throw new ContainerStartException(
          "exec: \"" + command.getFirst() + "\": " + reason(e.getCause()), e);
    }
  }

  private static String reason(@Nullable Throwable cause) {
    return String.valueOf(cause == null ? null : cause.getMessage());
  }

  private Child start(
      List<String> command,
      Map<String, String> environment,
      String directory,
      Isolation isolation,
      OptionalLong beside,
      Stdio stdio)
      throws IOException, ExecutionException, InterruptedException {
    Means by = means.get();
    List<String> line = new ArrayList<>(List.of(setpriv));
    boolean isPlain =
        isolation.networkNamespace().isEmpty()
            && isolation.mounts().isEmpty()
            && isolation.cgroups().isEmpty();
    if (!isPlain && by.surroundings().isEmpty()) {
      throw new IOException("cannot be set apart: " + by.hindrance());
    }
    boolean entered = by.surroundings().isPresent();
    if (!entered) {
      // First the user: the kernel forgets the signal when that changes (prctl(2)).
      isolation.identity().ifPresent(identity -> line.addAll(become(identity)));
    }
    line.addAll(List.of("--pdeathsig", "KILL", "--"));
    line.addAll(command);
    if (entered && !(isPlain && isolation.identity().isEmpty())) {
      Surroundings surroundings = by.surroundings().get();
      Surroundings.Place place =
          new Surroundings.Place(
              isolation, isolation.mounts().isEmpty() ? OptionalLong.empty() : beside, directory);
      return by.natively()
          .orElseThrow()
          .spawn(
              line,
              environment,
              Optional.empty(),
              stdio,
              start -> surroundings.within(place, start));
    }
    if (by.natively().isPresent()) {
      return by.natively()
          .get()
          .spawn(line, environment, Optional.of(directory), stdio, NativeSpawner.Around.NOTHING);
    }
    line.addFirst(setsid);
    ProcessBuilder builder = new ProcessBuilder(line).directory(new File(directory));
    switch (stdio) {
      case OUTPUT_ONLY -> builder.redirectInput(new File("/dev/null"));
      case PIPES -> {} // the JDK's default
      case TERMINAL -> throw new IOException("a terminal needs glibc 2.34 or later");
    }
    builder.environment().clear();
    builder.environment().putAll(environment);
    Process process = builder.start();
    return new JdkChild(
        process, stdio == Stdio.PIPES ? Optional.of(process.getOutputStream()) : Optional.empty());
  }

  /** What setpriv(1) is told. */
  private static List<String> become(Identity identity) {
    List<String> options =
        new ArrayList<>(List.of("--reuid", "" + identity.uid(), "--regid", "" + identity.gid()));
    if (identity.groups().isEmpty()) {
      options.add("--clear-groups");
    } else {
      options.add("--groups");
      options.add(String.join(",", identity.groups().stream().map(group -> "" + group).toList()));
    }
    return options;
  }

  /** A NUL would end a text early, an equals sign the name of a variable. */
  private static void checkTexts(List<String> command, Map<String, String> environment)
      throws ContainerStartException {
    for (String word : command) {
      if (word.indexOf('\0') >= 0) {
        throw new ContainerStartException("exec: invalid argument: it holds a NUL");
      }
    }
    for (Map.Entry<String, String> variable : environment.entrySet()) {
      String name = variable.getKey();
      if (name.isEmpty()
          || name.indexOf('=') >= 0
          || name.indexOf('\0') >= 0
          || variable.getValue().indexOf('\0') >= 0) {
        throw new ContainerStartException("exec: invalid variable '" + name + "'");
      }
    }
  }

  // Not interruptible, or a program could start that nobody knows of. A start takes milliseconds.
  private static <T> T get(Future<T> future) throws ExecutionException {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return future.get();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  // setpriv looks the program up in the same way (execvp(3)), but when it has replaced us, too late
  // for a message. The words are those of runc, which people know.
  private static void checkExecutable(
      String program, String path, Path directory, Isolation isolation)
      throws ContainerStartException {
    if (program.indexOf('/') >= 0) {
      Path file = isolation.onMachine(directory.resolve(program));
      if (!Files.exists(file)) {
        throw new ContainerStartException(
            "exec: \"" + program + "\": stat " + program + ": no such file or directory");
      }
      if (Files.isDirectory(file) || !Files.isExecutable(file)) {
        throw new ContainerStartException("exec: \"" + program + "\": permission denied");
      }
      return;
    }
    boolean found =
        !program.isEmpty()
            && Stream.of(path.split(":", -1))
                .filter(entry -> !entry.isEmpty())
                .map(entry -> isolation.onMachine(directory.resolve(entry).resolve(program)))
                .anyMatch(file -> Files.isExecutable(file) && !Files.isDirectory(file));
    if (!found) {
      throw new ContainerStartException(
          "exec: \"" + program + "\": executable file not found in $PATH");
    }
  }

  /** Ends the thread, upon which the kernel kills whatever it started and still runs. */
  @Override
  public void close() {
    spawner.shutdown();
  }
}
