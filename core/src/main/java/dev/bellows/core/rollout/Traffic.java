package dev.bellows.core.rollout;

import dev.bellows.core.condition.ConditionStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/** What a Route's traffic comes to, given the Configurations and Revisions that there are. */
public sealed interface Traffic {
  /**
   * Every entry has a ready Revision.
   *
   * @param groups by tag, sorted; "" is the default group, which holds every entry. Within a group
   *     a Revision stands once; a lone one gets all
   * @param entries in the order asked for, those that would look alike in a status merged
   */
  record Assigned(SortedMap<String, List<RevisionTarget>> groups, List<RevisionTarget> entries)
      implements Traffic {
    public Assigned {
      SortedMap<String, List<RevisionTarget>> copy = new TreeMap<>();
      groups.forEach((tag, targets) -> copy.put(tag, List.copyOf(targets)));
      groups = copy;
      entries = List.copyOf(entries);
    }

    /**
     * The rollout that this asks for: every Configuration that is followed, with its latest
     * Revision at full share.
     */
    public Rollout rollout() {
      List<ConfigurationRollout> configurations = new ArrayList<>();
      groups.forEach((tag, targets) ->
          targets.stream()
              .filter(target -> target.latestRevision() && target.percent() > 0)
              .map(target ->
                  ConfigurationRollout.settled(
                      target.configurationName(), tag, target.percent(), target.revisionName()))
              .forEach(configurations::add));
      return new Rollout(configurations);
    }

    /**
     * The same while Revisions take over: what goes to a Configuration's latest Revision is divided
     * among those that its rollout still leads to.
     */
    public Assigned during(Rollout rollout) {
      return rollout.isInProgress() ? Division.of(this, rollout) : this;
    }
  }

  /**
   * At least one entry has no ready Revision; requests go where they went before.
   *
   * @param problem the one to tell: the last final one, else the first that may pass
   * @param missing what is named and does not exist, once per entry; its coming changes something
   */
  record Unassigned(Problem problem, List<Missing> missing) implements Traffic {
    public Unassigned {
      missing = List.copyOf(missing);
    }
  }

  /** An object that is named and does not exist. */
  record Missing(String kind, String name) {
    /** {@code Revision/hello-00001}. */
    @Override
    public String toString() {
      return kind + "/" + name;
    }
  }

  /** Why an entry has no ready Revision. Its text is one sentence. */
  sealed interface Problem {
    /** Whether nothing but a change of some object can help. */
    boolean isFinal();

    /** The Revision does not exist. */
    record RevisionMissing(String revision) implements Problem {
      @Override
      public boolean isFinal() {
        return true;
      }

      @Override
      public String toString() {
        return "Revision \"" + revision + "\" referenced in traffic not found";
      }
    }

    /** The Configuration does not exist. */
    record ConfigurationMissing(String configuration) implements Problem {
      @Override
      public boolean isFinal() {
        return true;
      }

      @Override
      public String toString() {
        return "Configuration \"" + configuration + "\" referenced in traffic not found";
      }
    }

    /** The Revision belongs to another Service, or (empty owner) to none. */
    record RevisionNotOwned(String revision, String owner, String service) implements Problem {
      @Override
      public boolean isFinal() {
        return true;
      }

      @Override
      public String toString() {
        return owner.isEmpty()
            ? "Revision \"%s\" does not belong to Service \"%s\"".formatted(revision, service)
            : "Revision \"%s\" belongs to Service \"%s\", not Service \"%s\""
                .formatted(revision, owner, service);
      }
    }

    /** The Revision is not ready; final if it says that it will not be. */
    record RevisionNotReady(String revision, boolean isFinal) implements Problem {
      @Override
      public String toString() {
        return "Revision \"" + revision + "\" not ready, isFailure=" + isFinal;
      }
    }

    /** The Configuration has had no ready Revision; final if it says that it will have none. */
    record ConfigurationNotReady(String configuration, boolean isFinal) implements Problem {
      @Override
      public String toString() {
        return "Configuration \"" + configuration + "\" not ready, isFailure=" + isFinal;
      }
    }
  }

  /**
   * What traffic has to know of a Configuration.
   *
   * @param latestReady its latest ready Revision; empty = none yet
   * @param ready whether it is ready
   */
  record ConfigurationState(String latestReady, ConditionStatus ready) {}

  /**
   * What traffic has to know of a Revision.
   *
   * @param configuration its Configuration; empty = none
   * @param service its Service; empty = none
   * @param ready whether it is ready
   */
  record RevisionState(String configuration, String service, ConditionStatus ready) {}

  /**
   * Finds the Revisions of a Route's traffic.
   *
   * @param routeService the Service that owns the Route, whose Revisions it may name; empty = none
   * @param targets with their defaults
   * @param configurations by name
   * @param revisions by name
   */
  static Traffic resolve(
      String routeService,
      List<TrafficTarget> targets,
      Function<String, Optional<ConfigurationState>> configurations,
      Function<String, Optional<RevisionState>> revisions) {
    TrafficResolution resolution = new TrafficResolution(routeService, configurations, revisions);
    targets.forEach(resolution::add);
    return resolution.result();
  }
}
