package dev.bellows.controlplane.reconcile.route;

import dev.bellows.api.serving.Configuration;
import dev.bellows.api.serving.ConfigurationStatus;
import dev.bellows.api.serving.Revision;
import dev.bellows.api.serving.RevisionStatus;
import dev.bellows.api.serving.Route;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.WellKnown;
import dev.bellows.core.condition.Condition;
import dev.bellows.core.condition.ConditionSet;
import dev.bellows.core.condition.ConditionStatus;
import dev.bellows.core.rollout.Traffic;
import dev.bellows.core.rollout.TrafficTarget;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads off the objects what {@link Traffic} has to know. */
final class RouteTraffic {
  private RouteTraffic() {}

  static Traffic of(
      Route route,
      Function<String, Optional<Configuration>> configurations,
      Function<String, Optional<Revision>> revisions) {
    List<TrafficTarget> targets =
        route.getSpec().traffic().stream()
            .map(target ->
                new TrafficTarget(
                    orEmpty(target.tag()),
                    orEmpty(target.revisionName()),
                    orEmpty(target.configurationName()),
                    Math.toIntExact(Objects.requireNonNullElse(target.percent(), 0L))))
            .toList();
    return Traffic.resolve(
        Children.labels(route).getOrDefault(WellKnown.SERVICE, ""),
        targets,
        name -> configurations.apply(name).map(RouteTraffic::state),
        name -> revisions.apply(name).map(RouteTraffic::state));
  }

  private static Traffic.ConfigurationState state(Configuration configuration) {
    ConfigurationStatus status = configuration.getStatus();
    return status == null
        ? new Traffic.ConfigurationState("", ConditionStatus.UNKNOWN)
        : new Traffic.ConfigurationState(
            orEmpty(status.latestReadyRevisionName()),
            ready(status.conditions(ConditionSet.living()).get(ConditionSet.READY)));
  }

  private static Traffic.RevisionState state(Revision revision) {
    Map<String, String> labels = Children.labels(revision);
    RevisionStatus status = revision.getStatus();
    return new Traffic.RevisionState(
        labels.getOrDefault(WellKnown.CONFIGURATION, ""),
        labels.getOrDefault(WellKnown.SERVICE, ""),
        status == null
            ? ConditionStatus.UNKNOWN
            : ready(status.conditions(ConditionSet.living()).get(ConditionSet.READY)));
  }

  private static ConditionStatus ready(Optional<Condition> ready) {
    return ready.map(Condition::status).orElse(ConditionStatus.UNKNOWN);
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }
}
