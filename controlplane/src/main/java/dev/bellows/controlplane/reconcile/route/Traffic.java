package dev.bellows.controlplane.reconcile.route;

import dev.bellows.api.serving.Configuration;
import dev.bellows.api.serving.Revision;
import dev.bellows.api.serving.TrafficTarget;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.WellKnown;
import dev.bellows.core.condition.ConditionSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Which Revisions a Route's traffic block leads to. */
sealed interface Traffic {
  /**
   * Every target has a ready Revision.
   *
   * @param entries in the order of the spec, those alike summed up: what the status shows
   * @param groups by tag, {@code ""} for the Route's own host; percents of each sum to 100
   */
  record Complete(List<Target> entries, Map<String, List<Target>> groups) implements Traffic {}

  /**
   * A target leads nowhere now.
   *
   * @param problem the one to tell of
   */
  record Incomplete(Problem problem) implements Traffic {}

  /**
   * One share of a group.
   *
   * @param tag as written, empty if none
   * @param revision the Revision that answers
   * @param configuration the one that the Revision belongs to, empty if none
   * @param latest whether it follows the latest ready Revision
   * @param percent 0 to 100
   */
  record Target(String tag, Revision revision, String configuration, boolean latest, long percent) {
    String revisionName() {
      return revision.getMetadata().getName();
    }

    private Target plus(long more) {
      return new Target(tag, revision, configuration, latest, percent + more);
    }

    private boolean isLike(Target other) {
      return tag.equals(other.tag)
          && latest == other.latest
          && revisionName().equals(other.revisionName());
    }
  }

  /** Why a target leads nowhere. Final ones will not mend by waiting. */
  sealed interface Problem {
    boolean isFinal();

    /** What a target names does not exist. */
    record Missing(String kind, String name) implements Problem {
      @Override
      public boolean isFinal() {
        return true;
      }
    }

    /** What a target names is not ready. */
    record NotReady(String kind, String name, boolean isFinal) implements Problem {}

    /** The Revision is another Service's; {@code owner} is empty if it is nobody's. */
    record NotOwned(String revision, String owner, String service) implements Problem {
      @Override
      public boolean isFinal() {
        return true;
      }
    }
  }

  /**
   * Follows every target. All are looked at; of several problems the last final one is told, else
   * the first (as upstream does).
   *
   * @param targets the Route's spec, defaulted
   * @param service label of the Route, empty if it has none
   */
  static Traffic of(
      List<TrafficTarget> targets,
      String service,
      Function<String, Optional<Configuration>> configurations,
      Function<String, Optional<Revision>> revisions) {
    List<Target> entries = new ArrayList<>();
    Map<String, List<Target>> groups = new TreeMap<>();
    groups.put("", new ArrayList<>());
    Problem problem = null;
    for (TrafficTarget target : targets) {
      switch (follow(target, service, configurations, revisions)) {
        case Followed.To(Target found) -> {
          addMerging(entries, found);
          addByRevision(groups.get(""), found);
          if (!found.tag().isEmpty()) {
            addByRevision(groups.computeIfAbsent(found.tag(), t -> new ArrayList<>()), found);
          }
        }
        case Followed.Nowhere(Problem why) -> {
          if (problem == null || why.isFinal()) {
            problem = why;
          }
        }
      }
    }
    if (problem != null) {
      return new Incomplete(problem);
    }
    // A lone target gets everything: the percent of a tagged one is about the main host.
    groups.replaceAll((tag, group) ->
        group.size() == 1
            ? List.of(group.getFirst().plus(100 - group.getFirst().percent()))
            : List.copyOf(group));
    return new Complete(List.copyOf(entries), groups);
  }

  /** What following one target comes to. */
  sealed interface Followed {
    record To(Target target) implements Followed {}

    record Nowhere(Problem problem) implements Followed {}
  }

  private static Followed follow(
      TrafficTarget target,
      String service,
      Function<String, Optional<Configuration>> configurations,
      Function<String, Optional<Revision>> revisions) {
    String tag = orEmpty(target.tag());
    long percent = target.percent() == null ? 0 : target.percent();
    String pinned = orEmpty(target.revisionName());
    if (!pinned.isEmpty()) {
      Optional<Revision> revision = revisions.apply(pinned);
      if (revision.isEmpty()) {
        return new Followed.Nowhere(new Problem.Missing("Revision", pinned));
      }
      String owner = Children.labels(revision.get()).getOrDefault(WellKnown.SERVICE, "");
      if (!service.isEmpty() && !service.equals(owner)) {
        return new Followed.Nowhere(new Problem.NotOwned(pinned, owner, service));
      }
      return ifReady(revision.get(), tag, false, percent);
    }
    String name = orEmpty(target.configurationName());
    Optional<Configuration> configuration = configurations.apply(name);
    if (configuration.isEmpty()) {
      return new Followed.Nowhere(new Problem.Missing("Configuration", name));
    }
    var status = configuration.get().getStatus();
    String latest = status == null ? "" : orEmpty(status.latestReadyRevisionName());
    if (latest.isEmpty()) {
      return new Followed.Nowhere(
          new Problem.NotReady(
              "Configuration", name, status != null && status.isFalse(ConditionSet.READY)));
    }
    Optional<Revision> revision = revisions.apply(latest);
    if (revision.isEmpty()) {
      return new Followed.Nowhere(new Problem.Missing("Revision", latest));
    }
    return ifReady(revision.get(), tag, true, percent);
  }

  private static Followed ifReady(Revision revision, String tag, boolean latest, long percent) {
    var status = revision.getStatus();
    if (status == null || !status.isTrue(ConditionSet.READY)) {
      return new Followed.Nowhere(
          new Problem.NotReady(
              "Revision",
              revision.getMetadata().getName(),
              status != null && status.isFalse(ConditionSet.READY)));
    }
    String configuration = Children.labels(revision).getOrDefault(WellKnown.CONFIGURATION, "");
    return new Followed.To(new Target(tag, revision, configuration, latest, percent));
  }

  private static void addMerging(List<Target> targets, Target target) {
    for (int i = 0; i < targets.size(); i++) {
      if (targets.get(i).isLike(target)) {
        targets.set(i, targets.get(i).plus(target.percent()));
        return;
      }
    }
    targets.add(target);
  }

  private static void addByRevision(List<Target> group, Target target) {
    for (int i = 0; i < group.size(); i++) {
      if (group.get(i).revisionName().equals(target.revisionName())) {
        group.set(i, group.get(i).plus(target.percent()));
        return;
      }
    }
    group.add(target);
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }
}
