package dev.bellows.core.shard;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * One candidate's part in the election of a holder: what it knows, and what it does next. All
 * candidates write the same {@link Lease}, and a store that refuses a write over an unread one
 * keeps them from holding it together.
 *
 * <p>Clocks of different machines are never compared: a holder counts as silent once its Lease has
 * not <em>changed</em> for the Lease's duration, by the watch of who wants to take it; and a holder
 * takes itself for none once its own last renewal is older than the renew deadline, which is
 * shorter. So between two holders there is a time with none, never one with both, as long as clocks
 * run at the same speed.
 *
 * @param identity this candidate's
 * @param terms of the election
 * @param seen the Lease as last read; empty = there is none
 * @param seenAt when it was first seen so
 * @param renewedAt when this candidate began its last write that went through; empty = it does not
 *     hold the Lease
 */
public record Candidacy(
    String identity,
    Terms terms,
    Optional<Lease> seen,
    Instant seenAt,
    Optional<Instant> renewedAt) {

  /**
   * What holds for all candidates.
   *
   * @param leaseDuration how long a holder is believed alive
   * @param renewDeadline how long a holder that cannot renew goes on; shorter
   * @param retryPeriod between two renewals, and two tries
   */
  public record Terms(Duration leaseDuration, Duration renewDeadline, Duration retryPeriod) {}

  /** What to do next. */
  public sealed interface Step {
    /**
     * Write the Lease, if it still is as seen.
     *
     * @param because in one sentence
     */
    record Write(Lease lease, String because) implements Step {}

    /**
     * Look again then, or as soon as the Lease changes.
     *
     * @param because in one sentence
     */
    record Wait(Instant until, String because) implements Step {}
  }

  /** A candidate that knows nothing yet. */
  public static Candidacy of(String identity, Terms terms, Instant now) {
    return new Candidacy(identity, terms, Optional.empty(), now, Optional.empty());
  }

  /** The Lease was read. */
  public Candidacy sees(Optional<Lease> lease, Instant now) {
    if (lease.equals(seen)) {
      return this;
    }
    boolean ours = lease.filter(this::isOurs).isPresent();
    return new Candidacy(identity, terms, lease, now, ours ? renewedAt : Optional.empty());
  }

  /**
   * The Lease was written.
   *
   * @param begun when the write was begun: the others may have seen it from then on
   */
  public Candidacy wrote(Lease lease, Instant begun) {
    return new Candidacy(
        identity,
        terms,
        Optional.of(lease),
        begun,
        isOurs(lease) ? Optional.of(begun) : Optional.empty());
  }

  /** Whether this candidate may act as the holder. */
  public boolean holds(Instant now) {
    return renewedAt.filter(at -> now.isBefore(at.plus(terms.renewDeadline()))).isPresent();
  }

  /** What to do now. */
  public Step step(Instant now) {
    if (seen.isEmpty()) {
      return new Step.Write(taken(now, 0), "nobody has held it yet");
    }
    Lease lease = seen.get();
    if (isOurs(lease)) {
      return renewal(lease, now);
    }
    Instant silent = seenAt.plus(lease.duration());
    if (lease.holder().isEmpty()) {
      return new Step.Write(taken(now, lease.transitions() + 1), "its holder gave it back");
    }
    if (!now.isBefore(silent)) {
      return new Step.Write(
          taken(now, lease.transitions() + 1),
          lease.holder() + " has not renewed it for " + lease.duration());
    }
    return new Step.Wait(silent, lease.holder() + " holds it");
  }

  /** What to write when leaving; empty if it is not this candidate's to give back. */
  public Optional<Lease> released(Instant now) {
    // As long as it takes to be seen: whoever reads an empty holder takes it at once.
    return seen.filter(this::isOurs)
        .map(lease ->
            new Lease("", Duration.ofSeconds(1), lease.acquired(), now, lease.transitions()));
  }

  private Step renewal(Lease lease, Instant now) {
    Instant due = renewedAt.map(at -> at.plus(terms.retryPeriod())).orElse(now);
    if (now.isBefore(due)) {
      return new Step.Wait(due, "it is ours and was renewed at " + renewedAt.get());
    }
    return new Step.Write(
        new Lease(identity, terms.leaseDuration(), lease.acquired(), now, lease.transitions()),
        renewedAt.isEmpty() ? "it is ours from before" : "it is ours and due");
  }

  private Lease taken(Instant now, int transitions) {
    return new Lease(identity, terms.leaseDuration(), now, now, transitions);
  }

  private boolean isOurs(Lease lease) {
    return lease.holder().equals(identity);
  }
}
