package dev.bellows.embedded.store;

import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * A place in the history of one resource, moving forward. For one reading thread; {@link #close}
 * may come from any.
 *
 * <p>A feed holds nothing but its place: a reader that falls behind the kept history is told so
 * ({@link StoreException.Gone}) and never slows a writer.
 */
public final class Feed implements AutoCloseable {
  private static final int MAX_CHANGES_AT_ONCE = 256;

  private final Shelf shelf;
  private final LongSupplier published;
  private long place;
  private volatile boolean closed;

  Feed(Shelf shelf, LongSupplier published, long place) {
    this.shelf = shelf;
    this.published = published;
    this.place = place;
  }

  /**
   * The next changes in order; empty if none came within {@code patience} or the feed was closed.
   *
   * @throws StoreException.Gone if this feed has fallen behind the kept history
   */
  public List<Change> next(Duration patience) throws InterruptedException {
    // Read first: nothing up to this revision can appear on the shelf later.
    long quiet = published.getAsLong();
    List<Change> changes = shelf.await(place, MAX_CHANGES_AT_ONCE, patience, this);
    if (changes.isEmpty()) {
      place = Math.max(place, quiet);
    } else {
      place = changes.getLast().entry().version();
    }
    return changes;
  }

  /** Every change of the resource up to this revision has been handed out. */
  public long revision() {
    return place;
  }

  /** Whether {@link #close} was called. */
  public boolean isClosed() {
    return closed;
  }

  /** Ends the feed and wakes its reader. */
  @Override
  public void close() {
    closed = true;
    shelf.wakeFollowers();
  }
}
