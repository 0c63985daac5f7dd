package dev.bellows.embedded.store;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The committed objects of one resource and their recent history. Written only by the store's
 * writer after a commit, a whole group of changes at a time; read by anyone, shortly, under the
 * lock.
 */
final class Shelf {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final TreeMap<Key, Entry> entries = new TreeMap<>();
  private final History history;
  private long latest;
  private volatile long historyBytes;

  Shelf(long floor) {
    this.history = new History(floor);
    this.latest = floor;
  }

  /** Fills the shelf while the store is being opened. */
  void load(Entry entry) {
    lock.lock();
    try {
      entries.put(entry.key(), entry);
    } finally {
      lock.unlock();
    }
  }

  void publish(List<Change> changes) {
    lock.lock();
    try {
      for (Change change : changes) {
        Entry entry = change.entry();
        if (change instanceof Change.Removed) {
          entries.remove(entry.key());
        } else {
          entries.put(entry.key(), entry);
        }
        history.add(change);
        latest = entry.version();
      }
      historyBytes = history.bytes();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Of the changes that are kept. */
  long historyBytes() {
    return historyBytes;
  }

  /** Forgets older changes, until at most half of their bytes are left. */
  void forgetHalf() {
    lock.lock();
    try {
      history.forget(history.bytes() / 2);
      historyBytes = history.bytes();
      changed.signalAll(); // a follower may have fallen behind
    } finally {
      lock.unlock();
    }
  }

  Optional<Entry> get(Key key) {
    lock.lock();
    try {
      return Optional.ofNullable(entries.get(key));
    } finally {
      lock.unlock();
    }
  }

  /**
   * @param published the store's revision, read before this call: every change up to it is on its
   *     shelf already
   */
  Snapshot list(@Nullable String namespace, long published) {
    lock.lock();
    try {
      return new Snapshot(Math.max(published, latest), List.copyOf(within(entries, namespace)));
    } finally {
      lock.unlock();
    }
  }

  /** The objects as they were at an earlier revision: the later changes are undone on a copy. */
  Snapshot listAt(@Nullable String namespace, long revision) {
    lock.lock();
    try {
      if (revision < history.floor()) {
        throw new StoreException.Gone(revision, history.floor());
      }
      TreeMap<Key, Entry> then = new TreeMap<>(entries);
      for (Change change : history.after(revision, Integer.MAX_VALUE).reversed()) {
        Key key = change.entry().key();
        change.before().ifPresentOrElse(before -> then.put(key, before), () -> then.remove(key));
      }
      return new Snapshot(revision, List.copyOf(within(then, namespace)));
    } finally {
      lock.unlock();
    }
  }

  private static Collection<Entry> within(
      NavigableMap<Key, Entry> entries, @Nullable String namespace) {
    if (namespace == null || entries.isEmpty()) {
      return entries.values();
    }
    String resource = entries.firstKey().resource();
    // The next possible namespace: a namespace followed by the smallest character.
    return entries
        .subMap(new Key(resource, namespace, ""), new Key(resource, namespace + "\0", ""))
        .values();
  }

  void requireHistoryAfter(long revision) {
    lock.lock();
    try {
      if (revision < history.floor()) {
        throw new StoreException.Gone(revision, history.floor());
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * The changes after {@code revision}; waits for one up to {@code patience} while none is there.
   */
  List<Change> await(long revision, int limit, Duration patience, Feed feed)
      throws InterruptedException {
    long nanos = patience.toNanos();
    lock.lockInterruptibly();
    try {
      while (!history.hasAfter(revision)
          && revision >= history.floor()
          && !feed.isClosed()
          && nanos > 0) {
        nanos = changed.awaitNanos(nanos);
      }
      if (revision < history.floor()) {
        throw new StoreException.Gone(revision, history.floor());
      }
      return feed.isClosed() ? List.of() : history.after(revision, limit);
    } finally {
      lock.unlock();
    }
  }

  void wakeFollowers() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
