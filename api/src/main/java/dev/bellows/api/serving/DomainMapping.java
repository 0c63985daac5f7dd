package dev.bellows.api.serving;

import dev.bellows.api.KnativeResource;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** A domain of the user that leads to an addressable object; its name is the domain. */
@Group("serving.knative.dev")
@Version("v1beta1")
@Kind("DomainMapping")
@Plural("domainmappings")
@ShortNames("dm")
public final class DomainMapping extends KnativeResource<DomainMappingSpec, DomainMappingStatus>
    implements Namespaced {
  private static final long serialVersionUID = 1L;
}
