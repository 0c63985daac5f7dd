package dev.bellows.api.serving;

import dev.bellows.api.KnativeResource;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** Host names, and which Revisions answer for them in which shares. */
@Group("serving.knative.dev")
@Version("v1")
@Kind("Route")
@Plural("routes")
@ShortNames("rt")
public final class Route extends KnativeResource<RouteSpec, RouteStatus> implements Namespaced {
  private static final long serialVersionUID = 1L;
}
