package dev.bellows.embedded.runtime.process;

import java.io.InputStream;
import java.time.Duration;
import java.util.OptionalInt;

/** A program that was started: the leader of its own session and process group. */
sealed interface Child permits NativeChild, JdkChild {
  /** Its number, which is also its group's. */
  long pid();

  /** Its standard output. */
  InputStream output();

  /** Its standard error. */
  InputStream errors();

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
