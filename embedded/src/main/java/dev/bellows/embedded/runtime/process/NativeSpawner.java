package dev.bellows.embedded.runtime.process;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
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
   * Starts a program as the leader of a new session, with nothing to read, its outputs piped to us,
   * default signal handling and no other open files. The calling thread becomes its parent.
   *
   * @param command an absolute path, and the arguments; no text holds a NUL
   * @param directory where it starts; empty = where the calling thread is then
   * @param around calls what it is given, in the surroundings that the program is to have
   * @throws IOException if the operating system refuses
   */
  NativeChild spawn(
      List<String> command,
      Map<String, String> environment,
      Optional<String> directory,
      Around around)
      throws IOException {
    try (Arena arena = Arena.ofConfined();
        Pipe output = new Pipe(arena);
        Pipe errors = new Pipe(arena)) {
      MemorySegment actions = arena.allocate(OPAQUE);
      MemorySegment attributes = arena.allocate(OPAQUE);
      check("actions", (int) initActions.invokeExact(actions));
      check("attributes", (int) initAttributes.invokeExact(attributes));
      try {
        describe(arena, actions, attributes, output, errors, directory);
        MemorySegment pid = arena.allocate(JAVA_INT);
        MemorySegment program = arena.allocateFrom(command.getFirst());
        MemorySegment arguments = strings(arena, command);
        MemorySegment variables =
            strings(
                arena,
                environment.entrySet().stream()
                    .map(variable -> variable.getKey() + "=" + variable.getValue())
                    .toList());
        int error =
            around.run(() ->
                (int)
                    posixSpawn.invokeExact(
                        pid, program, actions, attributes, arguments, variables));
        check("posix_spawn of " + command.getFirst(), error);
        return new NativeChild(
            pid.get(JAVA_INT, 0), output.takeReader(), errors.takeReader(), this);
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
      Arena arena,
      MemorySegment actions,
      MemorySegment attributes,
      Pipe output,
      Pipe errors,
      Optional<String> directory)
      throws Throwable {
    MemorySegment nothing = arena.allocateFrom("/dev/null");
    check("stdin", (int) addOpen.invokeExact(actions, 0, nothing, O_RDONLY, 0));
    check("stdout", (int) addDup.invokeExact(actions, output.writeEnd, 1));
    check("stderr", (int) addDup.invokeExact(actions, errors.writeEnd, 2));
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

  /** A pipe whose reading end becomes a stream of ours. Closes what nobody has taken. */
  private final class Pipe implements AutoCloseable {
    private final int readEnd;
    private final int writeEnd;
    private final InputStream reader;
    private boolean taken;

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
      // Opened anew by its name in /proc, while there is a writer, or it would wait for one.
      reader = new FileInputStream("/proc/self/fd/" + readEnd);
    }

    InputStream takeReader() {
      taken = true;
      return reader;
    }

    @Override
    public void close() throws IOException {
      closeEnd(readEnd);
      closeEnd(writeEnd);
      if (!taken) {
        reader.close();
      }
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
