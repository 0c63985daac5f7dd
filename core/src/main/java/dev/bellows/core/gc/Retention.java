package dev.bellows.core.gc;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * How long Revisions that no Route leads to are kept. A limit that is absent is disabled.
 *
 * @param sinceCreateTime kept so long after their creation
 * @param sinceLastActiveTime kept so long after a Route last led to them
 * @param minNonActiveRevisions so many are kept in any case
 * @param maxNonActiveRevisions never more than these
 */
public record Retention(
    Optional<Duration> sinceCreateTime,
    Optional<Duration> sinceLastActiveTime,
    long minNonActiveRevisions,
    Optional<Long> maxNonActiveRevisions) {
  private static final Comparator<NonActiveRevision> LONGEST_IDLE_FIRST =
      Comparator.comparing(NonActiveRevision::lastActive)
          .thenComparing(NonActiveRevision::created)
          .thenComparing(NonActiveRevision::name);

  /**
   * Decides about the Revisions of one Configuration.
   *
   * @param revisions in any order
   */
  public Collection collect(List<NonActiveRevision> revisions, Instant now) {
    List<NonActiveRevision> kept = new ArrayList<>(revisions);
    kept.sort(LONGEST_IDLE_FIRST);
    List<Discard> discards = new ArrayList<>();
    for (NonActiveRevision each : List.copyOf(kept)) {
      if (kept.size() > minNonActiveRevisions
          && staleFrom(each).filter(from -> !from.isAfter(now)).isPresent()) {
        discards.add(new Discard(each.name(), new Discard.Because.Stale(each, this)));
        kept.remove(each);
      }
    }
    while (maxNonActiveRevisions.filter(max -> kept.size() > max).isPresent()) {
      NonActiveRevision each = kept.removeFirst();
      discards.add(
          new Discard(each.name(), new Discard.Because.TooMany(each, maxNonActiveRevisions.get())));
    }
    return new Collection(discards, nextStale(kept));
  }

  /** From when on neither window keeps a Revision; empty if time alone does not matter. */
  private Optional<Instant> staleFrom(NonActiveRevision revision) {
    Optional<Instant> byCreation = sinceCreateTime.map(revision.created()::plus);
    Optional<Instant> byActivity = sinceLastActiveTime.map(revision.lastActive()::plus);
    return byCreation
        .map(one -> byActivity.filter(other -> other.isAfter(one)).orElse(one))
        .or(() -> byActivity);
  }

  private Optional<Instant> nextStale(List<NonActiveRevision> kept) {
    return kept.size() <= minNonActiveRevisions
        ? Optional.empty()
        : kept.stream().flatMap(each -> staleFrom(each).stream()).min(Comparator.naturalOrder());
  }
}
