package dev.bellows.embedded.runtime.process;

import dev.bellows.embedded.runtime.TerminalSize;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A program that was started: the leader of its own session and process group. Whoever takes its
 * streams closes them.
 */
sealed interface Child permits NativeChild, JdkChild {
  /** Its number, which is also its group's. */
  long pid();

  /**
   * Begins to wait for its end; called once. Not by the thread that starts programs: a thread that
   * the JDK makes to wait would share its directory and root, and then it could not enter another
   * program's mount namespace any more (setns(2)).
   */
  void follow();

  /** What it reads; absent if that is nothing. */
  Optional<OutputStream> input();

  /** Its standard output, or what its terminal shows. */
  InputStream output();

  /** Its standard error; nothing where it has a terminal. */
  InputStream errors();

  /** Tells its terminal, if it has one, how large it is. */
  void resize(TerminalSize size);

  /** Sends SIGTERM to the program alone; nothing if it has ended. */
  void terminate();

  /** Sends SIGKILL to the whole group; nothing if the program has ended. */
  void kill();

  /**
   * Waits for the program's end, upon which what is left of its group is killed.
   *
   * @return the exit code; for a death by signal 128 + its number
   */
  int await() throws InterruptedException;

  /** As {@link #await()}, but only so long; empty if it has not ended by then. */
  OptionalInt await(Duration limit) throws InterruptedException;
}
