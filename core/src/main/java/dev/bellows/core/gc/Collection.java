package dev.bellows.core.gc;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What becomes of the Revisions of one Configuration.
 *
 * @param discards those to delete, the longest idle first
 * @param nextLook when the next one may have been kept long enough; empty if time alone brings
 *     nothing
 */
public record Collection(List<Discard> discards, Optional<Instant> nextLook) {
  public Collection {
    discards = List.copyOf(discards);
  }
}
