package dev.bellows.embedded.network.namespace;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.Map;

/**
 * The system calls that network namespaces take, as the C library offers them. Each throws with the
 * reason that the kernel gives.
 */
final class Kernel {
  // <fcntl.h>, <sched.h> and <sys/socket.h> of Linux, the same on x86-64 and AArch64.
  private static final int O_RDONLY = 0;
  private static final int O_CLOEXEC = 0x80000;
  private static final int CLONE_NEWNET = 0x40000000;
  private static final int AF_NETLINK = 16;
  private static final int SOCK_RAW = 3;
  private static final int SOCK_CLOEXEC = 0x80000;
  private static final int NETLINK_ROUTE = 0;
  private static final int SOL_IP = 0;

  /** Of <linux/netfilter_ipv4.h>: where a connection that was led elsewhere wanted to go. */
  private static final int SO_ORIGINAL_DST = 80;

  static final int EPERM = 1;
  static final int EEXIST = 17;
  private static final int ENODEV = 19;

  private static final Map<Integer, String> REASONS =
      Map.of(
          EPERM,
          "operation not permitted",
          13,
          "permission denied",
          EEXIST,
          "file exists",
          ENODEV,
          "no such device",
          22,
          "invalid argument",
          24,
          "too many open files",
          28,
          "no space left on device",
          30,
          "read-only file system",
          95,
          "operation not supported");

  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO = STATE.varHandle(PathElement.groupElement("errno"));

  private static final MethodHandle OPEN = function("open", JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle CLOSE = function("close", JAVA_INT, JAVA_INT);
  private static final MethodHandle UNSHARE = function("unshare", JAVA_INT, JAVA_INT);
  private static final MethodHandle SETNS = function("setns", JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle SOCKET =
      function("socket", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle SEND =
      function("send", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
  private static final MethodHandle RECV =
      function("recv", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
  private static final MethodHandle GETSOCKOPT =
      function("getsockopt", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS);

  private static final MethodHandle NAME_TO_INDEX = function("if_nametoindex", JAVA_INT, ADDRESS);

  private Kernel() {}

  // Restricted, because a wrong signature would corrupt the JVM; these are POSIX's and Linux'.
  @SuppressWarnings("restricted")
  private static MethodHandle function(String name, ValueLayout result, MemoryLayout... arguments) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow(name),
        FunctionDescriptor.of(result, arguments),
        Linker.Option.captureCallState("errno"));
  }

  /** A call that the kernel refused. */
  static final class KernelException extends IOException {
    private static final long serialVersionUID = 1L;

    private final int errno;

    KernelException(String what, int errno) {
      super(what + ": " + REASONS.getOrDefault(errno, "errno " + errno));
      this.errno = errno;
    }

    int errno() {
      return errno;
    }
  }

  @FunctionalInterface
  private interface Call {
    long by(MemorySegment state) throws Throwable;
  }

  private static long check(String what, Arena arena, Call call) throws IOException {
    MemorySegment state = arena.allocate(STATE);
    long result;
    try {
      result = call.by(state);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(what, e);
    }
    if (result < 0) {
      throw new KernelException(what, (int) ERRNO.get(state, 0L));
    }
    return result;
  }

  /** Opens a file for reading; it is not inherited by programs. */
  static int open(String path) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocateFrom(path);
      return (int)
          check(path, arena, state -> (int) OPEN.invokeExact(state, name, O_RDONLY | O_CLOEXEC));
    }
  }

  static void close(int fd) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      check("close", arena, state -> (int) CLOSE.invokeExact(state, fd));
    }
  }

  /** Moves the calling thread into a new network namespace. */
  static void unshareNetwork() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      check(
          "unshare(CLONE_NEWNET)", arena, state -> (int) UNSHARE.invokeExact(state, CLONE_NEWNET));
    }
  }

  /** Moves the calling thread into a network namespace that a file stands for. */
  static void enterNetwork(int fd) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      check(
          "setns(CLONE_NEWNET)", arena, state -> (int) SETNS.invokeExact(state, fd, CLONE_NEWNET));
    }
  }

  /** The number of a device in the calling thread's network namespace. */
  static int deviceIndex(String name) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocateFrom(name);
      long index = check(name, arena, state -> (int) NAME_TO_INDEX.invokeExact(state, text));
      if (index == 0) {
        throw new KernelException(name, ENODEV);
      }
      return (int) index;
    }
  }

  /** A socket to ask the calling thread's network namespace to change. */
  static int netlinkSocket() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      return (int)
          check(
              "socket(AF_NETLINK)",
              arena,
              state ->
                  (int)
                      SOCKET.invokeExact(
                          state, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    }
  }

  static void send(int fd, MemorySegment bytes) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      check("send", arena, state -> (long) SEND.invokeExact(state, fd, bytes, bytes.byteSize(), 0));
    }
  }

  /** Waits for bytes, and says how many came. */
  static int receive(int fd, MemorySegment into) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      return (int)
          check(
              "recv", arena, state -> (long) RECV.invokeExact(state, fd, into, into.byteSize(), 0));
    }
  }

  /**
   * Where a connection wanted to go that a rule of the kernel's led to us, as a struct sockaddr_in.
   */
  static byte[] originalDestination(int fd) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment address = arena.allocate(16, 4);
      MemorySegment length = arena.allocateFrom(JAVA_INT, 16);
      check(
          "getsockopt(SO_ORIGINAL_DST)",
          arena,
          state ->
              (int) GETSOCKOPT.invokeExact(state, fd, SOL_IP, SO_ORIGINAL_DST, address, length));
      return address.toArray(ValueLayout.JAVA_BYTE);
    }
  }
}
