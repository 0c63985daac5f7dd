package dev.bellows.embedded.runtime.process;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.bellows.embedded.runtime.TerminalSize;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The master side of a pseudoterminal (pty(7)), which the JDK does not know. It cannot be opened
 * anew by its name in /proc as a pipe can, since that makes another terminal; so it is read and
 * written by the system's own calls.
 *
 * <p>The descriptor never blocks: whoever waits does so in poll(2), for {@link #LOOK_MILLIS} at a
 * time, and then looks whether the terminal was closed. Closing waits for both sides to have
 * looked, so the number is never used after it was given to another file.
 */
final class Terminal implements AutoCloseable {
  // <fcntl.h>, <poll.h>, <asm/ioctls.h> and <errno.h> of Linux, as x86-64 and AArch64 have them.
  private static final int O_RDWR = 2;
  private static final int O_NOCTTY = 0x100;
  private static final int O_NONBLOCK = 0x800;
  private static final int O_CLOEXEC = 0x80000;
  private static final short POLLIN = 1;
  private static final short POLLOUT = 4;
  private static final long TIOCSWINSZ = 0x5414;
  private static final int EINTR = 4;
  private static final int EAGAIN = 11;

  private static final int LOOK_MILLIS = 200;
  private static final int NAME_BYTES = 64;
  private static final int CHUNK_BYTES = 8 << 10;

  private static final StructLayout CALL_STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      CALL_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private static final MethodHandle OPEN = plain("posix_openpt", JAVA_INT, JAVA_INT);
  private static final MethodHandle GRANT = plain("grantpt", JAVA_INT, JAVA_INT);
  private static final MethodHandle UNLOCK = plain("unlockpt", JAVA_INT, JAVA_INT);
  private static final MethodHandle NAME =
      plain("ptsname_r", JAVA_INT, JAVA_INT, ADDRESS, JAVA_LONG);
  private static final MethodHandle POLL = plain("poll", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
  private static final MethodHandle CLOSE = plain("close", JAVA_INT, JAVA_INT);
  private static final MethodHandle IOCTL =
      function(
          "ioctl",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS),
          Linker.Option.firstVariadicArg(2));
  private static final MethodHandle READ = transfer("read");
  private static final MethodHandle WRITE = transfer("write");

  private final int descriptor;
  private final String name;
  private final Object reading = new Object();
  private final Object writing = new Object();
  private volatile boolean closed;

  private Terminal(int descriptor, String name) {
    this.descriptor = descriptor;
    this.name = name;
  }

  private static MethodHandle plain(String name, ValueLayout result, ValueLayout... arguments) {
    return function(name, FunctionDescriptor.of(result, arguments));
  }

  private static MethodHandle transfer(String name) {
    return function(
        name,
        FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG),
        Linker.Option.captureCallState("errno"));
  }

  // Restricted, because a wrong signature would corrupt the JVM; these are POSIX's and glibc's.
  @SuppressWarnings("restricted")
  private static MethodHandle function(
      String name, FunctionDescriptor descriptor, Linker.Option... options) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor, options);
  }

  /**
   * Makes a new one.
   *
   * @throws IOException if the machine has none left
   */
  static Terminal open() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      int descriptor = (int) OPEN.invokeExact(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
      if (descriptor < 0) {
        throw new IOException("no terminal can be had");
      }
      MemorySegment name = arena.allocate(NAME_BYTES);
      if ((int) GRANT.invokeExact(descriptor) != 0
          || (int) UNLOCK.invokeExact(descriptor) != 0
          || (int) NAME.invokeExact(descriptor, name, (long) NAME_BYTES) != 0) {
        int unused = (int) CLOSE.invokeExact(descriptor);
        assert unused == 0 : "close of " + descriptor;
        throw new IOException("the terminal cannot be used");
      }
      return new Terminal(descriptor, name.getString(0));
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IOException("posix_openpt", e);
    }
  }

  /** The file that a program opens: {@code /dev/pts/7}. */
  String name() {
    return name;
  }

  void resize(TerminalSize size) {
    synchronized (writing) {
      if (closed) {
        return;
      }
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment winsize = arena.allocate(JAVA_SHORT, 4);
        winsize.setAtIndex(JAVA_SHORT, 0, (short) size.rows());
        winsize.setAtIndex(JAVA_SHORT, 1, (short) size.columns());
        int result = (int) IOCTL.invokeExact(descriptor, TIOCSWINSZ, winsize);
        assert result == 0 : "TIOCSWINSZ on " + name;
      } catch (RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw new IllegalStateException("ioctl", e);
      }
    }
  }

  /**
   * What is to be shown; ends when no program has the terminal open any more. Closing it closes the
   * terminal.
   */
  InputStream output() {
    return new Output();
  }

  /** What is typed. Closing it does nothing: a keyboard has no end. */
  OutputStream input() {
    return new Input();
  }

  /** Waits for a little while; nobody may close meanwhile. */
  private void poll(Arena arena, short events) throws IOException {
    MemorySegment polled = arena.allocate(8, 4); // struct pollfd
    polled.set(JAVA_INT, 0, descriptor);
    polled.set(JAVA_SHORT, 4, events);
    try {
      int unused = (int) POLL.invokeExact(polled, 1L, LOOK_MILLIS);
      assert unused <= 1 : "one descriptor";
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IOException("poll", e);
    }
  }

  /** One read or write; -1 if it would have to wait, -2 if nobody is at the other side. */
  private long move(Arena arena, MethodHandle call, MemorySegment bytes, long length)
      throws IOException {
    MemorySegment state = arena.allocate(CALL_STATE);
    long moved;
    try {
      moved = (long) call.invokeExact(state, descriptor, bytes, length);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IOException("terminal", e);
    }
    if (moved >= 0) {
      return moved;
    }
    int errno = (int) ERRNO.get(state, 0L);
    return errno == EAGAIN || errno == EINTR ? -1 : -2;
  }

  private final class Output extends InputStream {
    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment bytes = arena.allocate(Math.min(length, CHUNK_BYTES));
        while (true) {
          synchronized (reading) {
            if (closed) {
              return -1;
            }
            long count = move(arena, READ, bytes, bytes.byteSize());
            if (count > 0) {
              MemorySegment.copy(bytes, JAVA_BYTE, 0, target, offset, (int) count);
              return (int) count;
            }
            if (count != -1) {
              return -1; // EIO: the last program has closed it (pty(7))
            }
            poll(arena, POLLIN);
          }
        }
      }
    }

    @Override
    public void close() {
      Terminal.this.close();
    }
  }

  private final class Input extends OutputStream {
    @Override
    public void write(int one) throws IOException {
      write(new byte[] {(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment bytes = arena.allocate(Math.max(1, length));
        MemorySegment.copy(source, offset, bytes, JAVA_BYTE, 0, length);
        long written = 0;
        while (written < length) {
          synchronized (writing) {
            if (closed) {
              throw new IOException("the terminal is closed");
            }
            long count = move(arena, WRITE, bytes.asSlice(written), length - written);
            if (count > 0) {
              written += count;
            } else if (count == -1) {
              poll(arena, POLLOUT);
            } else {
              throw new IOException("nobody has the terminal open any more");
            }
          }
        }
      }
    }
  }

  /** Hangs up; the program that controls it gets SIGHUP. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    synchronized (reading) {
      synchronized (writing) {
        closeOnce();
      }
    }
  }

  private boolean released;

  private void closeOnce() {
    if (released) {
      return;
    }
    released = true;
    try {
      int unused = (int) CLOSE.invokeExact(descriptor);
      assert unused == 0 : "close of " + name;
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("close", e);
    }
  }
}
