package dev.bellows.dataplane.proxy;

import io.netty.channel.EventLoop;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Deadlines of one event loop. Nearly all are never reached, and there are as many as requests, so
 * adding and removing one costs a few pointers: those of equal length come due in the order they
 * were added, hence one list per length and one timer per list. A list goes when it is empty, so
 * there are never more lists than deadlines.
 */
final class Deadlines {
  private final EventLoop loop;
  private final LongSupplier nanoClock;
  private final Map<Long, Line> lines = new HashMap<>();

  Deadlines(EventLoop loop, LongSupplier nanoClock) {
    this.loop = loop;
    this.nanoClock = nanoClock;
  }

  /** Has {@link Entry#due} called after so many nanoseconds, unless it is unlinked before. */
  void add(long nanos, Entry entry) {
    entry.dueNanos = nanoClock.getAsLong() + nanos;
    lines.computeIfAbsent(nanos, Line::new).append(entry);
  }

  /** Something that comes due once. */
  abstract static class Entry {
    private @Nullable Line line;
    private @Nullable Entry previous;
    private @Nullable Entry next;
    private long dueNanos;

    abstract void due();

    /** Takes it out of its list; nothing happens if it is in none. */
    final void unlink() {
      Line of = line;
      if (of != null) {
        of.remove(this);
      }
    }
  }

  /** Entries of one length, the first due first. */
  private final class Line {
    private final long nanos;
    private @Nullable Entry first;
    private @Nullable Entry last;
    private boolean timed;

    Line(long nanos) {
      this.nanos = nanos;
    }

    void append(Entry entry) {
      entry.line = this;
      Entry before = last;
      entry.previous = before;
      last = entry;
      if (before == null) {
        first = entry;
      } else {
        before.next = entry;
      }
      if (!timed) {
        timed = true;
        loop.schedule(this::look, nanos, TimeUnit.NANOSECONDS);
      }
    }

    void remove(Entry entry) {
      Entry before = entry.previous;
      Entry after = entry.next;
      if (before == null) {
        first = after;
      } else {
        before.next = after;
      }
      if (after == null) {
        last = before;
      } else {
        after.previous = before;
      }
      entry.line = null;
      entry.previous = null;
      entry.next = null;
    }

    private void look() {
      Entry entry = first;
      while (entry != null && entry.dueNanos - nanoClock.getAsLong() <= 0) {
        remove(entry);
        entry.due();
        entry = first;
      }
      if (entry == null) {
        timed = false;
        lines.remove(nanos, this);
      } else {
        loop.schedule(this::look, entry.dueNanos - nanoClock.getAsLong(), TimeUnit.NANOSECONDS);
      }
    }
  }
}
