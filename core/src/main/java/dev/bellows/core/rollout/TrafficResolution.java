package dev.bellows.core.rollout;

import dev.bellows.core.condition.ConditionStatus;
import dev.bellows.core.rollout.Traffic.Assigned;
import dev.bellows.core.rollout.Traffic.ConfigurationState;
import dev.bellows.core.rollout.Traffic.Missing;
import dev.bellows.core.rollout.Traffic.Problem;
import dev.bellows.core.rollout.Traffic.RevisionState;
import dev.bellows.core.rollout.Traffic.Unassigned;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;

/** Gathers what the entries of one traffic block come to; used once. */
final class TrafficResolution {
  private final String routeService;
  private final Function<String, Optional<ConfigurationState>> configurations;
  private final Function<String, Optional<RevisionState>> revisions;
  private final SortedMap<String, List<RevisionTarget>> groups = new TreeMap<>();
  private final List<RevisionTarget> entries = new ArrayList<>();
  private final List<Missing> missing = new ArrayList<>();
  private Optional<Problem> problem = Optional.empty();

  TrafficResolution(
      String routeService,
      Function<String, Optional<ConfigurationState>> configurations,
      Function<String, Optional<RevisionState>> revisions) {
    this.routeService = routeService;
    this.configurations = configurations;
    this.revisions = revisions;
  }

  void add(TrafficTarget target) {
    if (target.followsLatest()) {
      addLatest(target);
    } else {
      addPinned(target);
    }
  }

  private void addLatest(TrafficTarget target) {
    String name = target.configurationName();
    Optional<ConfigurationState> configuration = configurations.apply(name);
    if (configuration.isEmpty()) {
      missing.add(new Missing("Configuration", name));
      report(new Problem.ConfigurationMissing(name));
    } else if (configuration.get().latestReady().isEmpty()) {
      report(
          new Problem.ConfigurationNotReady(
              name, configuration.get().ready() == ConditionStatus.FALSE));
    } else {
      String latest = configuration.get().latestReady();
      ready(latest)
          .ifPresent(
              _ -> assign(new RevisionTarget(latest, name, target.tag(), target.percent(), true)));
    }
  }

  private void addPinned(TrafficTarget target) {
    String name = target.revisionName();
    Optional<RevisionState> revision = revisions.apply(name);
    String owner = revision.map(RevisionState::service).orElse(routeService);
    if (!routeService.isEmpty() && !owner.equals(routeService)) {
      report(new Problem.RevisionNotOwned(name, owner, routeService));
      return;
    }
    ready(name)
        .ifPresent(state ->
            assign(
                new RevisionTarget(
                    name, state.configuration(), target.tag(), target.percent(), false)));
  }

  private Optional<RevisionState> ready(String name) {
    Optional<RevisionState> revision = revisions.apply(name);
    if (revision.isEmpty()) {
      missing.add(new Missing("Revision", name));
      report(new Problem.RevisionMissing(name));
    } else if (revision.get().ready() != ConditionStatus.TRUE) {
      report(new Problem.RevisionNotReady(name, revision.get().ready() == ConditionStatus.FALSE));
      return Optional.empty();
    }
    return revision;
  }

  private void report(Problem found) {
    if (problem.isEmpty() || found.isFinal()) {
      problem = Optional.of(found);
    }
  }

  private void assign(RevisionTarget target) {
    merge(entries, target, each -> each.isStatusOf(target));
    join(groups.computeIfAbsent("", _ -> new ArrayList<>()), target);
    if (!target.tag().isEmpty()) {
      join(groups.computeIfAbsent(target.tag(), _ -> new ArrayList<>()), target);
    }
  }

  /** Adds a target to a group, in which a Revision stands once. */
  static void join(List<RevisionTarget> group, RevisionTarget target) {
    merge(group, target, each -> each.revisionName().equals(target.revisionName()));
  }

  private static void merge(
      List<RevisionTarget> targets, RevisionTarget target, Predicate<RevisionTarget> same) {
    for (int i = 0; i < targets.size(); i++) {
      RevisionTarget each = targets.get(i);
      if (same.test(each)) {
        targets.set(i, each.withPercent(each.percent() + target.percent()));
        return;
      }
    }
    targets.add(target);
  }

  Traffic result() {
    if (problem.isPresent()) {
      return new Unassigned(problem.get(), missing);
    }
    groups.replaceAll((_, targets) ->
        targets.size() == 1 ? List.of(targets.getFirst().withPercent(100)) : targets);
    return new Assigned(groups, entries);
  }
}
