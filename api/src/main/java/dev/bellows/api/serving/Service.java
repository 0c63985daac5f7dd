package dev.bellows.api.serving;

import dev.bellows.api.KnativeResource;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** An HTTP service as its user sees it: a Configuration and a Route in one object. */
@Group("serving.knative.dev")
@Version("v1")
@Kind("Service")
@Plural("services")
@ShortNames({"kservice", "ksvc"})
public final class Service extends KnativeResource<ServiceSpec, ServiceStatus>
    implements Namespaced {
  private static final long serialVersionUID = 1L;
}
