package dev.bellows.core.rollout;

import dev.bellows.core.rollout.Traffic.Assigned;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Divides the shares of latest Revisions as their rollouts say; used once. What is divided are the
 * groups, which route, and the entries, which tell. Several entries may follow one Configuration in
 * the default group, where it rolls out as one: the oldest Revision's share fills the first of them
 * first.
 */
final class Division {
  private final Assigned asked;
  private final Rollout rollout;
  private final Map<String, List<RevisionShare>> untold = new HashMap<>();

  private Division(Assigned asked, Rollout rollout) {
    this.asked = asked;
    this.rollout = rollout;
  }

  static Assigned of(Assigned asked, Rollout rollout) {
    return new Division(asked, rollout).divide();
  }

  private Assigned divide() {
    SortedMap<String, List<RevisionTarget>> groups = new TreeMap<>();
    asked
        .groups()
        .forEach((tag, targets) -> {
          List<RevisionTarget> divided = new ArrayList<>();
          targets.forEach(target -> divideInGroup(tag, target, divided));
          groups.put(tag, divided);
        });
    List<RevisionTarget> entries = new ArrayList<>();
    asked.entries().forEach(entry -> divideEntry(entry, entries));
    return new Assigned(groups, entries);
  }

  private void divideInGroup(String tag, RevisionTarget target, List<RevisionTarget> divided) {
    List<RevisionShare> shares = sharesOf(tag, target);
    if (shares.isEmpty() || target.percent() == 0) {
      TrafficResolution.join(divided, target);
    } else {
      shares.forEach(share -> TrafficResolution.join(divided, target.as(share)));
    }
  }

  private void divideEntry(RevisionTarget entry, List<RevisionTarget> entries) {
    // A tag's Revisions are told even without a share: they answer under the tag's own name.
    Map<String, Integer> percents = new LinkedHashMap<>();
    if (!entry.tag().isEmpty()) {
      sharesOf(entry.tag(), entry).forEach(share -> percents.put(share.revisionName(), 0));
    }
    List<RevisionShare> shares = sharesOf("", entry);
    if (shares.isEmpty()) {
      percents.put(entry.revisionName(), entry.percent());
    } else {
      take(
          untold.computeIfAbsent(entry.configurationName(), _ -> new ArrayList<>(shares)),
          entry.percent(),
          percents);
      if (percents.isEmpty()) {
        percents.put(entry.revisionName(), 0);
      }
    }
    percents.forEach(
        (revision, percent) -> entries.add(entry.as(new RevisionShare(revision, percent))));
  }

  private static void take(List<RevisionShare> shares, int percent, Map<String, Integer> percents) {
    int left = percent;
    while (left > 0 && !shares.isEmpty()) {
      RevisionShare oldest = shares.removeFirst();
      int taken = Math.min(left, oldest.percent());
      percents.merge(oldest.revisionName(), taken, Integer::sum);
      left -= taken;
      if (taken < oldest.percent()) {
        shares.addFirst(oldest.plus(-taken));
      }
    }
  }

  /** What a target comes to in a group where its Configuration rolls out; else empty. */
  private List<RevisionShare> sharesOf(String tag, RevisionTarget target) {
    if (!target.latestRevision()) {
      return List.of();
    }
    return rollout.configurations().stream()
        .filter(each -> each.isInProgress() && each.tag().equals(tag))
        .filter(each -> each.configurationName().equals(target.configurationName()))
        .findFirst()
        .map(ConfigurationRollout::revisions)
        .orElse(List.of());
  }
}
