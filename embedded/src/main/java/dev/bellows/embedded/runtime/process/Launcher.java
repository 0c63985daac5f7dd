package dev.bellows.embedded.runtime.process;

import dev.bellows.embedded.runtime.ContainerStartException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/**
 * Executes commands so that they lead a session of their own and die with us.
 *
 * <p>The session comes from {@link NativeSpawner}, or, where the C library lacks what that needs,
 * from {@code setsid} of util-linux. The death comes from {@code setpriv --pdeathsig KILL}, which
 * asks the kernel to kill the program when its parent ends and then executes the program in its own
 * place. To the kernel the parent is the <em>thread</em> that started the program (prctl(2),
 * PR_SET_PDEATHSIG), so one platform thread that lives as long as we do starts them all. No shell
 * takes part.
 */
final class Launcher implements AutoCloseable {
  /** What a program gets of our own environment, where its own says nothing else. */
  private static final Set<String> BASICS =
      Set.of("PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR");

  private static final String DEFAULT_PATH =
      "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  private final String setsid;
  private final List<String> setpriv;
  private final Map<String, String> basics;
  private final ExecutorService spawner =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().name("container-spawner").daemon().factory());
  private final Future<Optional<NativeSpawner>> natively;

  /**
   * Looks for the programs.
   *
   * @param account whom programs run as; empty = whoever we are
   * @param find the native way to start programs, if there is one; asked on the thread that starts
   *     them, since it takes a while
   * @throws IOException if one is missing, saying what to install
   */
  Launcher(
      Map<String, String> ourEnvironment,
      Optional<Account> account,
      Callable<Optional<NativeSpawner>> find)
      throws IOException {
    Map<String, String> kept = new TreeMap<>(ourEnvironment);
    kept.keySet().retainAll(BASICS);
    account.ifPresent(other -> kept.putAll(other.environment()));
    kept.putIfAbsent("PATH", DEFAULT_PATH);
    basics = Map.copyOf(kept);
    String path = kept.getOrDefault("PATH", DEFAULT_PATH) + ":" + DEFAULT_PATH;
    setsid = tool("setsid", path);
    List<String> line = new ArrayList<>(List.of(tool("setpriv", path)));
    // setpriv changes the user first: the kernel forgets the signal when that changes (prctl(2)).
    account.ifPresent(other -> line.addAll(other.setpriv()));
    line.addAll(List.of("--pdeathsig", "KILL", "--"));
    setpriv = List.copyOf(line);
    natively = spawner.submit(find);
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
   * Starts a command with its outputs piped to us and nothing to read.
   *
   * @throws ContainerStartException if the program or directory is not there or may not be used
   */
  Child launch(List<String> command, Map<String, String> environment, Path directory)
      throws ContainerStartException {
    Map<String, String> full = new TreeMap<>(basics);
    full.putAll(environment);
    checkTexts(command, full);
    if (!Files.isDirectory(directory)) {
      throw new ContainerStartException(
          "chdir to cwd (\"" + directory + "\") failed: no such directory");
    }
    checkExecutable(command.getFirst(), full.getOrDefault("PATH", DEFAULT_PATH), directory);
    List<String> line = new ArrayList<>(setpriv);
    line.addAll(command);
    // A FutureTask catches whatever is thrown, so the thread outlives it.
    return await(spawner.submit(() -> start(line, full, directory)), command.getFirst());
  }

  private Child start(List<String> line, Map<String, String> environment, Path directory)
      throws IOException, ExecutionException, InterruptedException {
    Optional<NativeSpawner> found = natively.get();
    if (found.isPresent()) {
      return found.get().spawn(line, environment, directory.toString());
    }
    List<String> led = new ArrayList<>(line);
    led.addFirst(setsid);
    ProcessBuilder builder =
        new ProcessBuilder(led).directory(directory.toFile()).redirectInput(new File("/dev/null"));
    builder.environment().clear();
    builder.environment().putAll(environment);
    return new JdkChild(builder.start());
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
  private static Child await(Future<Child> start, String program) throws ContainerStartException {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return start.get();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      throw new ContainerStartException("exec: \"" + program + "\": " + e.getMessage(), e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  // setpriv looks the program up in the same way (execvp(3)), but when it has replaced us, too late
  // for a message. The words are those of runc, which people know.
  private static void checkExecutable(String program, String path, Path directory)
      throws ContainerStartException {
    if (program.indexOf('/') >= 0) {
      Path file = directory.resolve(program);
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
                .map(entry -> directory.resolve(entry).resolve(program))
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
