package dev.bellows.api.networking;

import dev.bellows.api.KnativeResource;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** The pair of Services before a Revision, and whether its requests pass the activator. */
@Group("networking.internal.knative.dev")
@Version("v1alpha1")
@Kind("ServerlessService")
@Plural("serverlessservices")
@ShortNames("sks")
public final class ServerlessService
    extends KnativeResource<ServerlessServiceSpec, ServerlessServiceStatus> implements Namespaced {
  private static final long serialVersionUID = 1L;
}
