package dev.bellows.embedded.stream;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What has arrived for one stream: filled by the event loop, which never waits, and read by a
 * thread that does. How much may lie here is the connection's to bound ({@link StreamConnection}).
 */
final class Inbox extends InputStream {
  private final ArrayDeque<byte[]> parts = new ArrayDeque<>();
  private final IntConsumer taken;
  private int at;
  private boolean ended;
  private boolean closed;
  private @Nullable String broken;

  /**
   * An empty one.
   *
   * @param taken hears how many bytes lie here no more
   */
  Inbox(IntConsumer taken) {
    this.taken = taken;
  }

  /** On the event loop: takes a copy of the bytes, or drops them if nobody wants them. */
  void put(ByteBuf bytes) {
    byte[] part = new byte[bytes.readableBytes()];
    bytes.readBytes(part);
    boolean kept;
    synchronized (this) {
      kept = !closed && !ended && part.length > 0;
      if (kept) {
        parts.addLast(part);
        notifyAll();
      }
    }
    if (!kept) {
      taken.accept(part.length);
    }
  }

  /** No more will come. */
  synchronized void end() {
    ended = true;
    notifyAll();
  }

  /** No more will come, because something went wrong; what is here is not read any more. */
  synchronized void fail(String why) {
    if (!ended) {
      broken = why;
      notifyAll();
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    int count;
    synchronized (this) {
      if (!awaitSome()) {
        return -1;
      }
      byte[] first = parts.getFirst();
      count = Math.min(length, first.length - at);
      System.arraycopy(first, at, target, offset, count);
      at += count;
      if (at == first.length) {
        parts.removeFirst();
        at = 0;
      }
    }
    taken.accept(count);
    return count;
  }

  /** Whether there is something; not, once there will be nothing any more. */
  private synchronized boolean awaitSome() throws IOException {
    try {
      while (parts.isEmpty()) {
        if (closed || ended) {
          return false;
        }
        if (broken != null) {
          throw new IOException(broken);
        }
        wait();
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** Wants nothing more: what is here and what comes is dropped. */
  @Override
  public void close() {
    int dropped = 0;
    synchronized (this) {
      closed = true;
      for (byte[] part : parts) {
        dropped += part.length;
      }
      dropped -= at;
      parts.clear();
      at = 0;
      notifyAll();
    }
    if (dropped > 0) {
      taken.accept(dropped);
    }
  }
}
