package dev.bellows.embedded.store;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * The latest changes of one resource, oldest first. Bounded by number and by bytes; what falls out
 * raises {@link #floor}. Not safe for use by several threads: its {@link Shelf} holds the lock.
 */
final class History {
  static final int MAX_CHANGES = 10_000;
  static final long MAX_BYTES = 8L << 20;

  /** Of the histories of all kinds together; what the objects were before can double it. */
  static final long MAX_BYTES_OF_ALL = 24L << 20;

  private final ArrayDeque<Change> changes = new ArrayDeque<>();
  private final int maxChanges;
  private final long maxBytes;
  private long bytes;
  private long floor;

  /** A history that knows nothing of what happened up to {@code floor}, that revision included. */
  History(long floor) {
    this(floor, MAX_CHANGES, MAX_BYTES);
  }

  History(long floor, int maxChanges, long maxBytes) {
    this.floor = floor;
    this.maxChanges = maxChanges;
    this.maxBytes = maxBytes;
  }

  /** Every change after this revision is still here. */
  long floor() {
    return floor;
  }

  void add(Change change) {
    changes.addLast(change);
    bytes += change.entry().value().length;
    // The newest change stays whatever its size, or nobody could follow at all.
    while (changes.size() > 1 && (changes.size() > maxChanges || bytes > maxBytes)) {
      forgetOldest();
    }
  }

  private void forgetOldest() {
    Change oldest = changes.removeFirst();
    bytes -= oldest.entry().value().length;
    floor = oldest.entry().version();
  }

  /** Of the states after the changes. */
  long bytes() {
    return bytes;
  }

  /** Forgets older changes until at most so many bytes are left, be it all of them. */
  void forget(long left) {
    while (!changes.isEmpty() && bytes > left) {
      forgetOldest();
    }
  }

  /** At most {@code limit} changes after {@code version}, oldest first. */
  List<Change> after(long version, int limit) {
    // From the young end: a follower is nearly always close to it.
    ArrayList<Change> found = new ArrayList<>();
    Iterator<Change> youngestFirst = changes.descendingIterator();
    while (youngestFirst.hasNext()) {
      Change change = youngestFirst.next();
      if (change.entry().version() <= version) {
        break;
      }
      found.add(change);
    }
    List<Change> oldestFirst = found.reversed();
    return List.copyOf(oldestFirst.subList(0, Math.min(limit, oldestFirst.size())));
  }

  /** Whether there is a change after {@code version}. */
  boolean hasAfter(long version) {
    Change last = changes.peekLast();
    return last != null && last.entry().version() > version;
  }
}
