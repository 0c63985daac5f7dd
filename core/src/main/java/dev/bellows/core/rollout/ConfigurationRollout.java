package dev.bellows.core.rollout;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * How a Configuration's share of one group is divided among its Revisions.
 *
 * @param configurationName the Configuration
 * @param tag the group; empty = the default one
 * @param percent share of the Configuration
 * @param revisions oldest first; their shares sum to {@code percent}
 * @param stepParams the pace
 */
public record ConfigurationRollout(
    String configurationName,
    String tag,
    int percent,
    List<RevisionShare> revisions,
    StepParams stepParams) {
  private static final int ALL = 100;

  public ConfigurationRollout {
    revisions = List.copyOf(revisions);
  }

  static ConfigurationRollout settled(
      String configurationName, String tag, int percent, String revisionName) {
    return new ConfigurationRollout(
        configurationName,
        tag,
        percent,
        List.of(new RevisionShare(revisionName, percent)),
        StepParams.NONE);
  }

  /** Whether more than one Revision gets requests. */
  public boolean isInProgress() {
    return revisions.size() > 1;
  }

  /** Whether the numbers can be true; somebody else may have written them. */
  boolean isSound() {
    int sum = revisions.stream().mapToInt(RevisionShare::percent).sum();
    return percent <= ALL
        && sum == percent
        && stepParams.stepSize() >= 0
        && stepParams.stepSize() <= percent;
  }

  ConfigurationRollout observedReadyAt(long nowNanos, long durationSeconds) {
    return isInProgress() && stepParams.waitsForIngress()
        ? with(revisions, stepParams.observedReadyAt(nowNanos, percent, durationSeconds))
        : this;
  }

  Optional<ConfigurationRollout> keeping(Predicate<String> exists) {
    List<RevisionShare> left = new ArrayList<>(revisions);
    left.removeIf(share -> !exists.test(share.revisionName()));
    if (left.isEmpty()) {
      return Optional.empty();
    }
    int lost = percent - left.stream().mapToInt(RevisionShare::percent).sum();
    left.set(left.size() - 1, left.getLast().plus(lost));
    return Optional.of(with(left, left.size() == 1 ? StepParams.NONE : stepParams));
  }

  /** From this state towards the wanted one. */
  ConfigurationRollout towards(ConfigurationRollout wanted, long nowNanos) {
    // One percent cannot be divided.
    if (wanted.percent <= 1 || revisions.isEmpty()) {
      return wanted;
    }
    ConfigurationRollout adjusted = withPercent(wanted.percent);
    String newest = wanted.revisions.getLast().revisionName();
    if (!newest.equals(revisions.getLast().revisionName())) {
      return adjusted.begin(newest, nowNanos);
    }
    return adjusted.stepParams.isDueAt(nowNanos) ? adjusted.step(nowNanos) : adjusted;
  }

  // The newest gains what is added; what is taken away, the oldest lose first.
  private ConfigurationRollout withPercent(int newPercent) {
    int change = newPercent - percent;
    List<RevisionShare> shares = new ArrayList<>(revisions);
    if (change > 0) {
      shares.set(shares.size() - 1, shares.getLast().plus(change));
    }
    int toTake = Math.max(0, -change);
    for (int i = 0; i < shares.size(); i++) {
      int taken = Math.min(toTake, shares.get(i).percent());
      shares.set(i, shares.get(i).plus(-taken));
      toTake -= taken;
    }
    if (change < 0) {
      shares.removeIf(share -> share.percent() == 0);
    }
    return new ConfigurationRollout(
        configurationName,
        tag,
        newPercent,
        shares,
        shares.size() == 1 ? StepParams.NONE : stepParams.atMost(newPercent));
  }

  // One percent, from the newest that has any, shows whether the ingress follows.
  private ConfigurationRollout begin(String newest, long nowNanos) {
    List<RevisionShare> shares = new ArrayList<>(revisions);
    for (int i = shares.size() - 1; i >= 0; i--) {
      if (shares.get(i).percent() > 0) {
        shares.set(i, shares.get(i).plus(-1));
        break;
      }
    }
    shares.removeIf(share -> share.percent() == 0);
    shares.add(new RevisionShare(newest, 1));
    return with(shares, StepParams.startedAt(nowNanos));
  }

  // The second newest gives first: of two unproven Revisions the older one is drained.
  private ConfigurationRollout step(long nowNanos) {
    List<RevisionShare> shares = new ArrayList<>(revisions);
    int left = stepParams.stepSize();
    for (int i = shares.size() - 2; i >= 0 && left > 0; i--) {
      int taken = Math.min(left, shares.get(i).percent());
      shares.set(i, shares.get(i).plus(-taken));
      left -= taken;
    }
    int moved = stepParams.stepSize() - left;
    shares.set(shares.size() - 1, shares.getLast().plus(moved));
    shares.removeIf(share -> share.percent() == 0);
    return with(shares, shares.size() == 1 ? StepParams.NONE : stepParams.steppedAt(nowNanos));
  }

  private ConfigurationRollout with(List<RevisionShare> newRevisions, StepParams newStepParams) {
    return new ConfigurationRollout(configurationName, tag, percent, newRevisions, newStepParams);
  }

  boolean isOf(ConfigurationRollout other) {
    return configurationName.equals(other.configurationName) && tag.equals(other.tag);
  }
}
