package dev.bellows.api.serving;

import dev.bellows.api.KnativeResource;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** One immutable state of a Configuration, run by as many pods as its requests need. */
@Group("serving.knative.dev")
@Version("v1")
@Kind("Revision")
@Plural("revisions")
@ShortNames("rev")
public final class Revision extends KnativeResource<RevisionSpec, RevisionStatus>
    implements Namespaced {
  private static final long serialVersionUID = 1L;
}
