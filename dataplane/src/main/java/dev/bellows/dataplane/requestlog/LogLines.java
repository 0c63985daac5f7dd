package dev.bellows.dataplane.requestlog;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lines on their way from event loops, which must not wait, to an output that may be slow. A
 * virtual thread writes while there are any. More than {@link #MAX_WAITING} do not wait: further
 * ones are dropped, and the log says how many.
 */
public final class LogLines implements Consumer<String> {
  /** Lines that wait at most; some MB of memory. */
  static final int MAX_WAITING = 8192;

  private static final Logger LOG = LoggerFactory.getLogger(LogLines.class);

  private final OutputStream out;
  private final BlockingQueue<String> waiting = new ArrayBlockingQueue<>(MAX_WAITING);
  private final AtomicBoolean writing = new AtomicBoolean();
  private final AtomicLong dropped = new AtomicLong();

  /** Lines for an output that this does not close. */
  public LogLines(OutputStream out) {
    this.out = out;
  }

  @Override
  public void accept(String line) {
    if (!waiting.offer(line)) {
      dropped.incrementAndGet();
    }
    if (!writing.get() && writing.compareAndSet(false, true)) {
      Thread.ofVirtual().name("request-log").start(this::write);
    }
  }

  private void write() {
    do {
      try {
        for (String line = waiting.poll(); line != null; line = waiting.poll()) {
          out.write(line.getBytes(StandardCharsets.UTF_8));
        }
        out.flush();
      } catch (IOException e) {
        LOG.warn("a request log line was lost: {}", e.getMessage());
      }
      long lost = dropped.getAndSet(0);
      if (lost > 0) {
        LOG.warn("{} request log lines were dropped: the output is too slow", lost);
      }
      writing.set(false);
      // A line that came between the last poll and this has started no writer.
    } while (!waiting.isEmpty() && writing.compareAndSet(false, true));
  }
}
