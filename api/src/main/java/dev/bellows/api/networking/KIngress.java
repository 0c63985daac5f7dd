package dev.bellows.api.networking;

import dev.bellows.api.KnativeResource;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** What a networking layer has to program for one Route or DomainMapping. */
@Group("networking.internal.knative.dev")
@Version("v1alpha1")
@Kind("Ingress")
@Plural("ingresses")
@ShortNames({"kingress", "king"})
public final class KIngress extends KnativeResource<IngressSpec, IngressStatus>
    implements Namespaced {
  private static final long serialVersionUID = 1L;
}
