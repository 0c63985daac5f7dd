package dev.bellows.core.stat;

import dev.bellows.core.revision.RevisionId;

/**
 * A Stat and the Revision it is about; message {@code metrics.WireStatMessage}.
 *
 * @param revision whom the stat is about
 * @param stat what was measured
 */
public record StatMessage(RevisionId revision, Stat stat) {
  /**
   * The same, of another second.
   *
   * @param timestamp Unix seconds; 0 = to be stamped by the receiver
   */
  public StatMessage at(long timestamp) {
    return new StatMessage(
        revision,
        new Stat(
            stat.podName(),
            stat.averageConcurrentRequests(),
            stat.averageProxiedConcurrentRequests(),
            stat.requestCount(),
            stat.proxiedRequestCount(),
            stat.processUptime(),
            timestamp));
  }
}
