package dev.bellows.embedded.store;

import java.util.List;

/**
 * All objects of one resource at one moment.
 *
 * @param revision a {@link Feed} started here misses and repeats nothing
 * @param entries ordered by namespace, then name
 */
public record Snapshot(long revision, List<Entry> entries) {
  public Snapshot {
    entries = List.copyOf(entries);
  }
}
