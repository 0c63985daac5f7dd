package dev.bellows.embedded.runtime.process;

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
 * Sends signals with kill(2). The JDK can signal one process, but not a process group, and only
 * with two signals.
 */
final class Signals {
  static final int SIGKILL = 9;
  static final int SIGTERM = 15;

  private static final int ESRCH = 3;
  private static final StructLayout CALL_STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      CALL_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final MethodHandle KILL = kill();

  private Signals() {}

  // Restricted, because a wrong signature would corrupt the JVM; int kill(pid_t, int) is POSIX.
  @SuppressWarnings("restricted")
  private static MethodHandle kill() {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow("kill"),
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT),
        Linker.Option.captureCallState("errno"));
  }

  /**
   * Signals one process.
   *
   * @return whether it exists
   */
  static boolean toProcess(long pid, int signal) {
    // 0, -1 and negatives address whole groups, our own among them.
    if (pid <= 1) {
      throw new IllegalArgumentException("not the pid of a program: " + pid);
    }
    return send(Math.toIntExact(pid), signal);
  }

  /**
   * Signals all members of a process group.
   *
   * @return whether the group has a member
   */
  static boolean toGroup(long group, int signal) {
    if (group <= 1) {
      throw new IllegalArgumentException("not a program's process group: " + group);
    }
    return send(-Math.toIntExact(group), signal);
  }

  private static boolean send(int target, int signal) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(CALL_STATE);
      int result = (int) KILL.invokeExact(state, target, signal);
      if (result == 0) {
        return true;
      }
      int errno = (int) ERRNO.get(state, 0L);
      if (errno == ESRCH) {
        return false;
      }
      throw new IllegalStateException(
          "kill(" + target + ", " + signal + ") failed with errno " + errno);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("kill(" + target + ", " + signal + ")", e);
    }
  }
}
