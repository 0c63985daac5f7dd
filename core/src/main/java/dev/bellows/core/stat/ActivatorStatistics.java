package dev.bellows.core.stat;

import dev.bellows.core.revision.RevisionId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What one activator reports about the requests that pass through it, per Revision (data-plane spec
 * §5.1). The first request of an unknown Revision is reported at once, so that the autoscaler need
 * not wait for the next period to leave zero; the following report leaves that request out.
 *
 * <p>A Revision is known from its first request until a report finds that nothing ran since the
 * report before and nothing is open. Instants are monotonic nanoseconds of the caller's clock. Not
 * thread-safe: the caller confines it or guards it. Counting a request of a known Revision
 * allocates nothing.
 */
public final class ActivatorStatistics {
  private final String podName;
  private final Map<RevisionId, Known> revisions = new HashMap<>();

  /**
   * Knows no Revision yet.
   *
   * @param podName the activator's own, under which it reports
   */
  public ActivatorStatistics(String podName) {
    this.podName = podName;
  }

  /**
   * A request has come, to run or to wait.
   *
   * @return what to send at once, if this Revision was unknown
   */
  public Optional<StatMessage> requestIn(RevisionId revision, long nowNanos) {
    Known known = revisions.get(revision);
    if (known != null) {
      known.statistics.requestIn(nowNanos);
      return Optional.empty();
    }
    Known first = new Known(new RequestStatistics(nowNanos));
    first.statistics.requestIn(nowNanos);
    first.alreadyReported = 1;
    revisions.put(revision, first);
    return Optional.of(message(revision, 1, 1));
  }

  /**
   * A request that came by {@link #requestIn} has ended, in whatever way.
   *
   * @throws IllegalStateException if none is open, which means it ended twice
   */
  public void requestOut(RevisionId revision, long nowNanos) {
    Known known = revisions.get(revision);
    if (known == null || known.statistics.inFlight() == 0) {
      throw new IllegalStateException("a request of " + revision + " ended twice");
    }
    known.statistics.requestOut(nowNanos);
  }

  /**
   * Ends the period of every known Revision.
   *
   * @return one message for each, in no particular order
   */
  public List<StatMessage> report(long nowNanos) {
    List<StatMessage> messages = new ArrayList<>(revisions.size());
    for (Iterator<Map.Entry<RevisionId, Known>> each = revisions.entrySet().iterator();
        each.hasNext(); ) {
      Map.Entry<RevisionId, Known> entry = each.next();
      Known known = entry.getValue();
      RequestReport report = known.statistics.report(nowNanos);
      messages.add(
          message(
              entry.getKey(),
              Math.max(report.averageConcurrency() - known.alreadyReported, 0),
              report.requestCount() - known.alreadyReported));
      known.alreadyReported = 0;
      if (report.averageConcurrency() == 0 && known.statistics.inFlight() == 0) {
        each.remove();
      }
    }
    return messages;
  }

  /** How many Revisions are known. */
  public int size() {
    return revisions.size();
  }

  private StatMessage message(RevisionId revision, double concurrency, double requests) {
    return new StatMessage(revision, new Stat(podName, concurrency, 0, requests, 0, 0, 0));
  }

  private static final class Known {
    private final RequestStatistics statistics;

    /** 1 while this period holds the request that was reported at once, else 0. */
    private int alreadyReported;

    Known(RequestStatistics statistics) {
      this.statistics = statistics;
    }
  }
}
