package dev.bellows.embedded.runtime.process;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A program's output on its way into the log, to which others may listen. The program never waits
 * for them: who falls {@link #MAX_BEHIND_BYTES} behind is told no more.
 */
final class Tap extends FilterInputStream {
  static final int MAX_BEHIND_BYTES = 1 << 20;

  private final List<Listener> listeners = new CopyOnWriteArrayList<>();
  private volatile boolean ended;

  Tap(InputStream output) {
    super(output);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    int count = in.read(target, offset, length);
    if (count < 0) {
      end();
    } else if (!listeners.isEmpty()) {
      byte[] said = Arrays.copyOfRange(target, offset, offset + count);
      listeners.forEach(listener -> listener.hear(said));
    }
    return count;
  }

  @Override
  public void close() throws IOException {
    end();
    super.close();
  }

  private void end() {
    ended = true;
    listeners.forEach(Listener::end);
  }

  /** What is said from now on. Closing it ends the listening. */
  InputStream listen() {
    Listener listener = new Listener();
    listeners.add(listener);
    if (ended) {
      listener.end();
    }
    return listener;
  }

  private final class Listener extends InputStream {
    private final ArrayDeque<byte[]> heard = new ArrayDeque<>();
    private int behind;
    private int at;
    private boolean over;
    private boolean tooSlow;

    synchronized void hear(byte[] said) {
      if (over || tooSlow) {
        return;
      }
      if (behind + said.length > MAX_BEHIND_BYTES) {
        tooSlow = true;
      } else {
        heard.addLast(said);
        behind += said.length;
      }
      notifyAll();
    }

    synchronized void end() {
      over = true;
      notifyAll();
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public synchronized int read(byte[] target, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      try {
        while (heard.isEmpty()) {
          if (tooSlow) {
            throw new IOException("fell more than " + MAX_BEHIND_BYTES + " bytes behind");
          }
          if (over) {
            return -1;
          }
          wait();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
      byte[] first = heard.getFirst();
      int count = Math.min(length, first.length - at);
      System.arraycopy(first, at, target, offset, count);
      at += count;
      behind -= count;
      if (at == first.length) {
        heard.removeFirst();
        at = 0;
      }
      return count;
    }

    @Override
    public void close() {
      listeners.remove(this);
      end();
    }
  }
}
