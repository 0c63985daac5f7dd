package dev.bellows.core.rollout;

/**
 * One entry of a Route's traffic with the Revision that it comes to.
 *
 * @param revisionName the Revision
 * @param configurationName its Configuration; empty if it has none
 * @param tag of the entry; empty = none
 * @param percent share within its group
 * @param latestRevision whether it was chosen as its Configuration's latest
 */
public record RevisionTarget(
    String revisionName,
    String configurationName,
    String tag,
    int percent,
    boolean latestRevision) {
  RevisionTarget withPercent(int newPercent) {
    return new RevisionTarget(revisionName, configurationName, tag, newPercent, latestRevision);
  }

  RevisionTarget as(RevisionShare share) {
    return new RevisionTarget(
        share.revisionName(), configurationName, tag, share.percent(), latestRevision);
  }

  boolean isStatusOf(RevisionTarget other) {
    return tag.equals(other.tag)
        && revisionName.equals(other.revisionName)
        && latestRevision == other.latestRevision;
  }
}
