package dev.bellows.embedded.runtime;

import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A client's hold on a program in a container: its streams and its end. */
public interface Attachment extends AutoCloseable {
  /**
   * What the program reads; absent if it reads nothing. Writing may block for as long as the
   * program reads nothing, also the carrier of a virtual thread.
   */
  Optional<OutputStream> input();

  /**
   * What the program says from now on: its standard output, or all that its terminal shows. Reading
   * may block the carrier of a virtual thread.
   */
  InputStream output();

  /** Its standard error; nothing where it has a terminal. */
  InputStream errors();

  /** Tells a terminal its size. Does nothing without one. */
  void resize(TerminalSize size);

  /** Completes, never exceptionally, when the program has ended. */
  CompletableFuture<ExitStatus> exit();

  /**
   * Lets go: a program that was started for the client is killed, one that was there before goes
   * on. No stream gives anything more.
   */
  @Override
  void close();
}
