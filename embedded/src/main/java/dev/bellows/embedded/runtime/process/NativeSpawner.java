package dev.bellows.embedded.runtime.process;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.bellows.embedded.runtime.Stdio;
import java.io.Closeable;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Starts programs with posix_spawn(3), which can do what {@link ProcessBuilder} cannot: begin a new
 * session. That saves two executions per start, the JDK's own helper program and {@code setsid}.
 *
 * <p>Needs glibc 2.34 or later, for posix_spawn_file_actions_addclosefrom_np(3): without it our
 * sockets would be inherited by every program. Elsewhere the JDK starts the programs ({@link
 * Launcher}).
 */
final class NativeSpawner {
  // <fcntl.h>, <spawn.h> and <sys/wait.h> of Linux, the same on x86-64 and AArch64.
  private static final int O_RDONLY = 0;
  private static final int O_RDWR = 2;
  private static final int O_CLOEXEC = 0x80000;
  private static final short SETSIGDEF = 0x04;
  private static final short SETSIGMASK = 0x08;
  private static final short SETSID = 0x80;
  private static final int SIGNALLED = 0x7f;

  private static final int FIRST_TO_CLOSE = 3;
  private static final int MAX_TRIES = 10;
  private static final int UNKNOWN = 255;

  /** posix_spawn_file_actions_t, posix_spawnattr_t, sigset_t: at most 336 bytes in glibc. */
  private static final MemoryLayout OPAQUE = MemoryLayout.sequenceLayout(128, JAVA_LONG);

  private final MethodHandle pipe = function("pipe2", ADDRESS, JAVA_INT);
  private final MethodHandle close = function("close", JAVA_INT);
  private final MethodHandle waitpid = function("waitpid", JAVA_INT, ADDRESS, JAVA_INT);
  private final MethodHandle posixSpawn =
      function("posix_spawn", ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS);
  private final MethodHandle initActions = function("posix_spawn_file_actions_init", ADDRESS);
  private final MethodHandle destroyActions = function("posix_spawn_file_actions_destroy", ADDRESS);
  private final MethodHandle addOpen =
      function("posix_spawn_file_actions_addopen", ADDRESS, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
  private final MethodHandle addDup =
      function("posix_spawn_file_actions_adddup2", ADDRESS, JAVA_INT, JAVA_INT);
  private final MethodHandle addChdir =
      function("posix_spawn_file_actions_addchdir_np", ADDRESS, ADDRESS);
  private final MethodHandle addCloseFrom =
      function("posix_spawn_file_actions_addclosefrom_np", ADDRESS, JAVA_INT);
  private final MethodHandle initAttributes = function("posix_spawnattr_init", ADDRESS);
  private final MethodHandle destroyAttributes = function("posix_spawnattr_destroy", ADDRESS);
  private final MethodHandle setFlags = function("posix_spawnattr_setflags", ADDRESS, JAVA_SHORT);
  private final MethodHandle setMask = function("posix_spawnattr_setsigmask", ADDRESS, ADDRESS);
  private final MethodHandle setDefaults =
      function("posix_spawnattr_setsigdefault", ADDRESS, ADDRESS);
  private final MethodHandle emptySet = function("sigemptyset", ADDRESS);
  private final MethodHandle fillSet = function("sigfillset", ADDRESS);

  /** Changes the surroundings of a start, and changes them back. */
  interface Around {
    /** In the surroundings as they are. */
    Around NOTHING =
        start -> {
          try {
            return start.run();
          } catch (RuntimeException | Error e) {
            throw e;
          } catch (Throwable e) {
            throw new IOException("start", e);
          }
        };

    int run(Surroundings.Start start) throws IOException;
  }

  private NativeSpawner() {}

  /** The spawner, where the C library has all that it needs. */
  static Optional<NativeSpawner> find() {
    try {
      return Optional.of(new NativeSpawner());
    } catch (NoSuchElementException e) {
      return Optional.empty(); // another C library, or an older one
    }
  }

  // Restricted, because a wrong signature would corrupt the JVM; these are POSIX's and glibc's.
  @SuppressWarnings("restricted")
  private static MethodHandle function(String name, MemoryLayout... arguments) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow(name), FunctionDescriptor.of(JAVA_INT, arguments));
  }

  /**
   * Starts a program as the leader of a new session, with standard streams that lead to us, default
   * signal handling and no other open files. The calling thread becomes its parent.
   *
   * @param command an absolute path, and the arguments; no text holds a NUL
   * @param directory where it starts; empty = where the calling thread is then
   * @param stdio what its standard streams are
   * @param around calls what it is given, in the surroundings that the program is to have
   * @throws IOException if the operating system refuses
   */
  NativeChild spawn(
      List<String> command,
      Map<String, String> environment,
      Optional<String> directory,
      Stdio stdio,
      Around around)
      throws IOException {
    Start start = new Start(command, environment, directory, around);
    return switch (stdio) {
      case OUTPUT_ONLY -> spawnWithPipes(start, false);
      case PIPES -> spawnWithPipes(start, true);
      case TERMINAL -> spawnWithTerminal(start);
    };
  }

  /** What is started, whatever its standard streams are. */
  private record Start(
      List<String> command,
      Map<String, String> environment,
      Optional<String> directory,
      Around around) {}

  private NativeChild spawnWithPipes(Start start, boolean hasInput) throws IOException {
    try (Arena arena = Arena.ofConfined();
        @Nullable Pipe input = hasInput ? new Pipe(arena) : null;
        Pipe output = new Pipe(arena);
        Pipe errors = new Pipe(arena)) {
      Redirection redirection =
          actions -> {
            if (input != null) {
              check("stdin", (int) addDup.invokeExact(actions, input.readEnd, 0));
            } else {
              MemorySegment nothing = arena.allocateFrom("/dev/null");
              check("stdin", (int) addOpen.invokeExact(actions, 0, nothing, O_RDONLY, 0));
            }
            check("stdout", (int) addDup.invokeExact(actions, output.writeEnd, 1));
            check("stderr", (int) addDup.invokeExact(actions, errors.writeEnd, 2));
          };
      // Opened before the start: once the program runs, nothing may fail any more.
      Optional<OutputStream> writer =
          input == null ? Optional.empty() : Optional.of(input.writer());
      InputStream reader = output.reader();
      InputStream errorReader = errors.reader();
      long pid;
      try {
        pid = start(arena, start, redirection);
      } catch (Throwable e) {
        close(reader, errorReader);
        writer.ifPresent(NativeSpawner::close);
        throw e;
      }
      return new NativeChild(pid, new NativeChild.Streams.Pipes(writer, reader, errorReader), this);
    }
  }

  private NativeChild spawnWithTerminal(Start start) throws IOException {
    Terminal terminal = Terminal.open();
    try (Arena arena = Arena.ofConfined()) {
      // The first terminal that the leader of a session opens becomes the session's (tty(4)).
      Redirection redirection =
          actions -> {
            MemorySegment name = arena.allocateFrom(terminal.name());
            check("terminal", (int) addOpen.invokeExact(actions, 0, name, O_RDWR, 0));
            check("stdout", (int) addDup.invokeExact(actions, 0, 1));
            check("stderr", (int) addDup.invokeExact(actions, 0, 2));
          };
      return new NativeChild(
          start(arena, start, redirection), new NativeChild.Streams.OfTerminal(terminal), this);
    } catch (Throwable e) {
      terminal.close();
      throw e;
    }
  }

  /** Says what a program's first three descriptors are to be. */
  private interface Redirection {
    void describe(MemorySegment actions) throws Throwable;
  }

  private long start(Arena arena, Start start, Redirection redirection) throws IOException {
    MemorySegment actions = arena.allocate(OPAQUE);
    MemorySegment attributes = arena.allocate(OPAQUE);
    try {
      check("actions", (int) initActions.invokeExact(actions));
      check("attributes", (int) initAttributes.invokeExact(attributes));
      try {
        redirection.describe(actions);
        describe(arena, actions, attributes, start.directory());
        MemorySegment pid = arena.allocate(JAVA_INT);
        MemorySegment program = arena.allocateFrom(start.command().getFirst());
        MemorySegment arguments = strings(arena, start.command());
        MemorySegment variables =
            strings(
                arena,
                start.environment().entrySet().stream()
                    .map(variable -> variable.getKey() + "=" + variable.getValue())
                    .toList());
        int error =
            start
                .around()
                .run(() ->
                    (int)
                        posixSpawn.invokeExact(
                            pid, program, actions, attributes, arguments, variables));
        check("posix_spawn of " + start.command().getFirst(), error);
        return pid.get(JAVA_INT, 0);
      } finally {
        check("actions", (int) destroyActions.invokeExact(actions));
        check("attributes", (int) destroyAttributes.invokeExact(attributes));
      }
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IOException("posix_spawn", e);
    }
  }

  private void describe(
      Arena arena, MemorySegment actions, MemorySegment attributes, Optional<String> directory)
      throws Throwable {
    if (directory.isPresent()) {
      check("directory", (int) addChdir.invokeExact(actions, arena.allocateFrom(directory.get())));
    }
    check("files", (int) addCloseFrom.invokeExact(actions, FIRST_TO_CLOSE));
    MemorySegment none = arena.allocate(OPAQUE);
    MemorySegment all = arena.allocate(OPAQUE);
    check("signals", (int) emptySet.invokeExact(none));
    check("signals", (int) fillSet.invokeExact(all));
    short flags = (short) (SETSIGDEF | SETSIGMASK | SETSID);
    check("flags", (int) setFlags.invokeExact(attributes, flags));
    check("signals", (int) setMask.invokeExact(attributes, none));
    check("signals", (int) setDefaults.invokeExact(attributes, all));
  }

  private static void close(Closeable... streams) {
    for (Closeable stream : streams) {
      try {
        stream.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static MemorySegment strings(Arena arena, List<String> texts) {
    MemorySegment array = arena.allocate(ADDRESS, texts.size() + 1L); // ends with a null pointer
    for (int i = 0; i < texts.size(); i++) {
      array.setAtIndex(ADDRESS, i, arena.allocateFrom(texts.get(i)));
    }
    return array;
  }

  private static void check(String what, int error) throws IOException {
    if (error != 0) {
      throw new IOException(what + " failed with errno " + error);
    }
  }

  /**
   * Takes the exit code of a child that has ended, upon which its number may be given again.
   *
   * @return the exit code; for a death by signal 128 + its number; {@value #UNKNOWN} if it cannot
   *     be had
   */
  int reap(long pid) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment status = arena.allocate(JAVA_INT);
      int number = Math.toIntExact(pid);
      int reaped = -1;
      for (int tries = 0; reaped != number && tries < MAX_TRIES; tries++) {
        reaped = (int) waitpid.invokeExact(number, status, 0); // again if a signal came between
      }
      if (reaped != number) {
        return UNKNOWN; // somebody else reaped it
      }
      int value = status.get(JAVA_INT, 0);
      int signal = value & SIGNALLED;
      return signal == 0 ? (value >> 8) & 0xff : 128 + signal;
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("waitpid", e);
    }
  }

  /**
   * A pipe. Its ends are the child's to inherit and are closed here; what we keep is opened anew by
   * the ends' names in /proc while both are open, or it would wait for the other side.
   */
  private final class Pipe implements AutoCloseable {
    private final int readEnd;
    private final int writeEnd;

    Pipe(Arena arena) throws IOException {
      MemorySegment ends = arena.allocate(JAVA_INT, 2);
      try {
        if ((int) pipe.invokeExact(ends, O_CLOEXEC) != 0) {
          throw new IOException("no pipe: too many open files?");
        }
      } catch (IOException | RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw new IOException("pipe2", e);
      }
      readEnd = ends.getAtIndex(JAVA_INT, 0);
      writeEnd = ends.getAtIndex(JAVA_INT, 1);
    }

    InputStream reader() throws IOException {
      return new FileInputStream("/proc/self/fd/" + readEnd);
    }

    OutputStream writer() throws IOException {
      return new FileOutputStream("/proc/self/fd/" + writeEnd);
    }

    @Override
    public void close() throws IOException {
      closeEnd(readEnd);
      closeEnd(writeEnd);
    }

    private void closeEnd(int end) throws IOException {
      try {
        int unused = (int) close.invokeExact(end);
        assert unused == 0 : "close of " + end;
      } catch (RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw new IOException("close", e);
      }
    }
  }
}
