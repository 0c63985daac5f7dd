package dev.bellows.controlplane.reconcile.labeler;

import dev.bellows.api.serving.Configuration;
import dev.bellows.api.serving.Revision;
import dev.bellows.api.serving.Route;
import java.util.List;

/**
 * What a pass over one Route sees.
 *
 * @param route itself
 * @param configurations those it refers to and those that say it leads to them
 * @param revisions likewise
 */
record Seen(Route route, List<Configuration> configurations, List<Revision> revisions) {
  Seen {
    configurations = List.copyOf(configurations);
    revisions = List.copyOf(revisions);
  }
}
