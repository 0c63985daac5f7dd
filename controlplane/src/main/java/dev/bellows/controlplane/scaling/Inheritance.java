package dev.bellows.controlplane.scaling;

import dev.bellows.core.revision.RevisionId;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What predecessors left about Revisions, until somebody begins with them. What was not taken for a
 * stable window says nothing of the present any more; it goes with the next that is put. So there
 * is no more than one holder's share at a time.
 */
final class Inheritance<T> {
  private final Map<RevisionId, Left<T>> all = new ConcurrentHashMap<>();

  private record Left<T>(T what, Instant until) {}

  /** Keeps something for a number of seconds. */
  void put(RevisionId revision, T what, long seconds, Instant now) {
    all.values().removeIf(each -> each.until().isBefore(now));
    all.put(revision, new Left<>(what, now.plusSeconds(seconds)));
  }

  /** Gives what was left, once. */
  Optional<T> take(RevisionId revision, Instant now) {
    return Optional.ofNullable(all.remove(revision))
        .filter(left -> !left.until().isBefore(now))
        .map(Left::what);
  }
}
