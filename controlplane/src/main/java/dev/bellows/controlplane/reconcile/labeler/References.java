package dev.bellows.controlplane.reconcile.labeler;

import dev.bellows.api.serving.Configuration;
import dev.bellows.api.serving.Revision;
import dev.bellows.api.serving.Route;
import dev.bellows.api.serving.TrafficTarget;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.WellKnown;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * What a Route refers to, by its spec and by its status: a Revision that still gets requests counts
 * as well as one that is about to.
 *
 * @param configurations names
 * @param revisions names
 */
record References(Set<String> configurations, Set<String> revisions) {
  References {
    configurations = Set.copyOf(configurations);
    revisions = Set.copyOf(revisions);
  }

  static References of(
      Route route,
      Function<String, Optional<Configuration>> configurations,
      Function<String, Optional<Revision>> revisions) {
    Set<String> configurationNames = new TreeSet<>();
    Set<String> revisionNames = new TreeSet<>();
    List<TrafficTarget> targets = new ArrayList<>(route.getSpec().traffic());
    if (route.getStatus() != null) {
      targets.addAll(route.getStatus().traffic());
    }
    for (TrafficTarget target : targets) {
      String revision = target.revisionName();
      if (revision != null && !revision.isEmpty()) {
        revisionNames.add(revision);
      }
      String configuration = target.configurationName();
      if (configuration != null && !configuration.isEmpty()) {
        configurationNames.add(configuration);
        // The next one is being made for this Route: it shall start as reachable.
        configurations
            .apply(configuration)
            .map(Configuration::getStatus)
            .map(status -> status.latestCreatedRevisionName())
            .ifPresent(revisionNames::add);
      }
    }
    for (String name : revisionNames) {
      revisions
          .apply(name)
          .map(revision -> Children.labels(revision).get(WellKnown.CONFIGURATION))
          .ifPresent(configurationNames::add);
    }
    return new References(configurationNames, revisionNames);
  }
}
