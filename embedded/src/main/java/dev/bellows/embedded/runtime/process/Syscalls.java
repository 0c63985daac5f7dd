package dev.bellows.embedded.runtime.process;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.util.List;

/**
 * The kernel's calls that change where and as whom a thread runs, and what it sees. Each concerns
 * the calling thread alone: namespaces, root and working directory because the thread has left what
 * it shared with the others ({@link #unshare}), users and groups because the raw calls know nothing
 * of threads, as the C library's own do.
 *
 * <p>Used by one thread.
 */
final class Syscalls {
  // <sched.h>, <sys/mount.h>, <fcntl.h>, <linux/openat2.h>
  static final int CLONE_FS = 0x200;
  static final int CLONE_NEWNS = 0x20000;
  static final int CLONE_NEWNET = 0x40000000;
  static final long MS_RDONLY = 1;
  static final long MS_NOSUID = 2;
  static final long MS_NODEV = 4;
  static final long MS_REMOUNT = 32;
  static final long MS_BIND = 4096;
  static final long MS_REC = 16384;
  static final long MS_UNBINDABLE = 1 << 17;
  static final long MS_SLAVE = 1 << 19;
  static final int UMOUNT_DETACH = 2;
  private static final int O_PATH = 0x200000;
  private static final int O_CLOEXEC = 0x80000;
  private static final long RESOLVE_NO_MAGICLINKS = 2;
  private static final long RESOLVE_BENEATH = 8;

  /** Numbers of system calls, which only the two kinds of machine that we know have. */
  private enum Numbers {
    X86_64(116, 117, 119),
    AARCH64(159, 147, 149);

    // One of those that have the same number everywhere.
    static final long OPENAT2 = 437;

    final long setgroups;
    final long setresuid;
    final long setresgid;

    Numbers(long setgroups, long setresuid, long setresgid) {
      this.setgroups = setgroups;
      this.setresuid = setresuid;
      this.setresgid = setresgid;
    }

    static Numbers ofThisMachine() throws IOException {
      return switch (System.getProperty("os.arch")) {
        case "amd64" -> X86_64;
        case "aarch64" -> AARCH64;
        default ->
            throw new IOException("no system calls known for " + System.getProperty("os.arch"));
      };
    }
  }

  private static final MemoryLayout CALL_STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      CALL_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private final Numbers numbers = Numbers.ofThisMachine();
  private final MemorySegment state = Arena.ofAuto().allocate(CALL_STATE);
  private final MethodHandle open = function("open", ADDRESS, JAVA_INT);
  private final MethodHandle close = function("close", JAVA_INT);
  private final MethodHandle setns = function("setns", JAVA_INT, JAVA_INT);
  private final MethodHandle unshare = function("unshare", JAVA_INT);
  private final MethodHandle mount =
      function("mount", ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS);
  private final MethodHandle umount = function("umount2", ADDRESS, JAVA_INT);
  private final MethodHandle fchdir = function("fchdir", JAVA_INT);
  private final MethodHandle chdir = function("chdir", ADDRESS);
  private final MethodHandle chroot = function("chroot", ADDRESS);
  private final MethodHandle strerror = strerror();
  private final MethodHandle raw = raw();

  /**
   * Finds them all.
   *
   * @throws IOException on a kind of machine whose calls are not known
   */
  Syscalls() throws IOException {}

  // Restricted, because a wrong signature would corrupt the JVM; these are of Linux' man pages.
  @SuppressWarnings("restricted")
  private static MethodHandle function(String name, MemoryLayout... arguments) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow(name),
        FunctionDescriptor.of(JAVA_INT, arguments),
        Linker.Option.captureCallState("errno"));
  }

  @SuppressWarnings("restricted")
  private static MethodHandle raw() {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow("syscall"),
        FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
        Linker.Option.captureCallState("errno"),
        Linker.Option.firstVariadicArg(1));
  }

  @SuppressWarnings("restricted")
  private static MethodHandle strerror() {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow("strerror"),
        FunctionDescriptor.of(
            ADDRESS.withTargetLayout(MemoryLayout.sequenceLayout(256, ValueLayout.JAVA_BYTE)),
            JAVA_INT));
  }

  /** A call of the C library; its arguments are bound to it. */
  private interface Call {
    int run() throws Throwable;
  }

  private int call(String what, Call call) throws IOException {
    int result;
    try {
      result = call.run();
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IOException(what, e);
    }
    if (result == -1) {
      throw new IOException(what + ": " + error((int) ERRNO.get(state, 0L)));
    }
    return result;
  }

  private String error(int errno) {
    try {
      return ((MemorySegment) strerror.invokeExact(errno)).getString(0);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("strerror", e);
    }
  }

  /** A descriptor of ours, closed by {@link #close()}. */
  final class Descriptor implements AutoCloseable {
    final int number;

    Descriptor(int number) {
      this.number = number;
    }

    /** By which the calling thread reaches what is open, wherever it is mounted by then. */
    Path path() {
      return Path.of("/proc/thread-self/fd", Integer.toString(number));
    }

    @Override
    public void close() throws IOException {
      call("close", () -> (int) close.invokeExact(state, number));
    }
  }

  /** Opens a file to be entered. */
  Descriptor open(Path file) throws IOException {
    return open(file, 0);
  }

  /** Opens a place in the tree of files, whatever is there. */
  Descriptor openPlace(Path file) throws IOException {
    return open(file, O_PATH);
  }

  private Descriptor open(Path file, int flags) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocateFrom(file.toString());
      return new Descriptor(
          call("open " + file, () -> (int) open.invokeExact(state, name, flags | O_CLOEXEC)));
    }
  }

  /** Opens a place below another one; links that lead out of it are refused (openat2(2)). */
  Descriptor openBeneath(Descriptor root, String below) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocateFrom(below);
      MemorySegment how = arena.allocate(JAVA_LONG, 3); // struct open_how
      how.setAtIndex(JAVA_LONG, 0, O_PATH | O_CLOEXEC);
      how.setAtIndex(JAVA_LONG, 2, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
      return new Descriptor(
          Math.toIntExact(
              raw(
                  "open " + below,
                  Numbers.OPENAT2,
                  root.number,
                  name.address(),
                  how.address(),
                  how.byteSize())));
    }
  }

  private long raw(String what, long number, long a, long b, long c, long d) throws IOException {
    return call(what, () -> (int) (long) raw.invokeExact(state, number, a, b, c, d));
  }

  void setns(Descriptor namespace, int kind) throws IOException {
    call("setns", () -> (int) setns.invokeExact(state, namespace.number, kind));
  }

  void unshare(int kinds) throws IOException {
    call("unshare", () -> (int) unshare.invokeExact(state, kinds));
  }

  /** mount(2); the options are the file system's own. */
  void mount(String source, Path target, String type, long flags, String options)
      throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment from = arena.allocateFrom(source);
      MemorySegment to = arena.allocateFrom(target.toString());
      MemorySegment kind = arena.allocateFrom(type);
      MemorySegment data = arena.allocateFrom(options);
      call("mount at " + target, () -> (int) mount.invokeExact(state, from, to, kind, flags, data));
    }
  }

  void unmount(Path target) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocateFrom(target.toString());
      call("unmount " + target, () -> (int) umount.invokeExact(state, name, UMOUNT_DETACH));
    }
  }

  void chdir(String directory) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocateFrom(directory);
      call("chdir to " + directory, () -> (int) chdir.invokeExact(state, name));
    }
  }

  void chdir(Descriptor directory) throws IOException {
    call("fchdir", () -> (int) fchdir.invokeExact(state, directory.number));
  }

  /** Makes a directory the root. */
  void chroot(Descriptor root) throws IOException {
    chdir(root);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment here = arena.allocateFrom(".");
      call("chroot", () -> (int) chroot.invokeExact(state, here));
    }
  }

  /** Real, effective and saved user; the saved one is the way back. */
  void setUser(int real, int effective, int saved) throws IOException {
    raw("setresuid", numbers.setresuid, real, effective, saved, 0);
  }

  void setGroup(int group) throws IOException {
    raw("setresgid", numbers.setresgid, group, group, group, 0);
  }

  void setGroups(List<Integer> groups) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment list = arena.allocate(JAVA_INT, Math.max(1, groups.size()));
      for (int i = 0; i < groups.size(); i++) {
        list.setAtIndex(JAVA_INT, i, groups.get(i));
      }
      raw("setgroups", numbers.setgroups, groups.size(), list.address(), 0, 0);
    }
  }
}
