package dev.bellows.embedded.apiserver;

import dev.bellows.embedded.runtime.Attachment;
import dev.bellows.embedded.runtime.ExitStatus;
import dev.bellows.embedded.stream.ByteStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries a command's streams between its client and its program until the program ends.
 *
 * <p>Threads: those that touch the program's streams are platform threads, for a pipe would hold a
 * virtual thread's carrier as long as the program is silent.
 */
final class CommandSession {
  private static final Logger LOG = LoggerFactory.getLogger(CommandSession.class);
  private static final int BUFFER_BYTES = 32 << 10;
  private static final long STACK_BYTES = 256 << 10;

  /**
   * How long a program that has ended may be silent before we take its output for complete: only a
   * process that it left behind keeps the stream open.
   */
  private static final Duration SILENCE = Duration.ofMillis(500);

  private final CommandStreams streams;
  private final Attachment attachment;
  private final boolean endsInput;
  private final List<Copy> outputs = new ArrayList<>();

  /**
   * A session that has not begun.
   *
   * @param endsInput whether the end of what the client sends is the end of what the program reads
   */
  CommandSession(CommandStreams streams, Attachment attachment, boolean endsInput) {
    this.streams = streams;
    this.attachment = attachment;
    this.endsInput = endsInput;
  }

  /**
   * Serves the session until the program ends and all that it said is told.
   *
   * @param gone completes when the client leaves
   * @throws IOException if it leaves before
   */
  ExitStatus run(CompletableFuture<Void> gone) throws IOException {
    streams.find("stdout").ifPresent(stream -> copy("stdout", attachment.output(), stream));
    streams.find("stderr").ifPresent(stream -> copy("stderr", attachment.errors(), stream));
    if (attachment.input().isPresent() && streams.find("stdin").isPresent()) {
      InputStream typed = streams.find("stdin").get().input();
      OutputStream program = attachment.input().get();
      thread("stdin").start(() -> feed(typed, program));
    }
    CompletableFuture.anyOf(attachment.exit(), gone).join();
    if (gone.isDone()) {
      throw new IOException("the client has left");
    }
    for (Copy output : outputs) {
      output.await();
    }
    return attachment.exit().join();
  }

  private static Thread.Builder.OfPlatform thread(String name) {
    return Thread.ofPlatform().name("command-" + name).daemon().stackSize(STACK_BYTES);
  }

  private void copy(String name, InputStream from, ByteStream to) {
    Copy copy = new Copy(from, to.output());
    outputs.add(copy);
    thread(name).start(copy);
  }

  private void feed(InputStream typed, OutputStream program) {
    byte[] buffer = new byte[BUFFER_BYTES];
    try {
      int count;
      while ((count = typed.read(buffer)) >= 0) {
        program.write(buffer, 0, count);
        program.flush();
      }
      if (endsInput) {
        program.close();
      }
    } catch (IOException e) {
      // The program reads no more, or the client has left: both are seen elsewhere.
      LOG.debug("a command's input ends early", e);
    } finally {
      close(typed);
    }
  }

  private static void close(InputStream typed) {
    try {
      typed.close(); // what still comes is dropped, or it would hold up the connection
    } catch (IOException e) {
      LOG.debug("closing a command's input", e);
    }
  }

  /** One output of the program on its way to the client. */
  private static final class Copy implements Runnable {
    private final InputStream from;
    private final OutputStream to;
    private long silentSince = System.nanoTime();
    private boolean silent;
    private boolean done;

    Copy(InputStream from, OutputStream to) {
      this.from = from;
      this.to = to;
    }

    @Override
    public void run() {
      byte[] buffer = new byte[BUFFER_BYTES];
      try {
        int count;
        while ((count = read(buffer)) >= 0) {
          to.write(buffer, 0, count);
        }
      } catch (IOException e) {
        LOG.debug("a command's output is not shown to its end", e);
      } finally {
        synchronized (this) {
          done = true;
          notifyAll();
        }
      }
    }

    private int read(byte[] buffer) throws IOException {
      silent(true);
      try {
        return from.read(buffer);
      } finally {
        silent(false);
      }
    }

    private synchronized void silent(boolean now) {
      silent = now;
      silentSince = System.nanoTime();
    }

    /** Waits for the end of the output of a program that has ended. */
    synchronized void await() throws IOException {
      try {
        while (!done) {
          long left = SILENCE.toNanos() - (System.nanoTime() - silentSince);
          if (silent && left <= 0) {
            return;
          }
          TimeUnit.NANOSECONDS.timedWait(this, silent ? left : SILENCE.toNanos());
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
    }
  }
}
