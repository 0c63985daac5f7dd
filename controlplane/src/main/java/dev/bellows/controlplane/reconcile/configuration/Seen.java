package dev.bellows.controlplane.reconcile.configuration;

import dev.bellows.api.serving.Configuration;
import dev.bellows.api.serving.Revision;
import java.util.List;
import java.util.Optional;

/**
 * What a pass over one Configuration sees.
 *
 * @param configuration itself
 * @param revisions those that it controls, in any order
 * @param named the Revision of the name that the template asks for, whoever owns it
 */
record Seen(Configuration configuration, List<Revision> revisions, Optional<Revision> named) {
  Seen {
    revisions = List.copyOf(revisions);
  }
}
