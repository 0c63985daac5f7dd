package dev.bellows.core.rollout;

/**
 * A Revision and its share of the requests.
 *
 * @param revisionName the Revision
 * @param percent its share
 */
public record RevisionShare(String revisionName, int percent) {
  RevisionShare plus(int more) {
    return new RevisionShare(revisionName, percent + more);
  }
}
