package dev.bellows.core.stat;

import dev.bellows.core.revision.RevisionId;

/**
 * A Stat and the Revision it is about; message {@code metrics.WireStatMessage}.
 *
 * @param revision whom the stat is about
 * @param stat what was measured
 */
public record StatMessage(RevisionId revision, Stat stat) {}
