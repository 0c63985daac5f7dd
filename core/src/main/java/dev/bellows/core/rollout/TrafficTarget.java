package dev.bellows.core.rollout;

/**
 * One entry of a Route's traffic, as asked for.
 *
 * @param tag gives the entry a host name of its own; empty = none
 * @param revisionName the Revision that is meant; empty if the Configuration's latest is
 * @param configurationName the Configuration whose latest ready Revision is meant; empty otherwise
 * @param percent share of the requests, 0 to 100
 */
public record TrafficTarget(
    String tag, String revisionName, String configurationName, int percent) {
  /** Whether the entry follows a Configuration. */
  public boolean followsLatest() {
    return revisionName.isEmpty();
  }
}
