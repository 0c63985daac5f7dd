package dev.bellows.api.networking;

import dev.bellows.api.KnativeResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** The right of one namespace to a domain; its name is the domain. */
@Group("networking.internal.knative.dev")
@Version("v1alpha1")
@Kind("ClusterDomainClaim")
@Plural("clusterdomainclaims")
@ShortNames("cdc")
public final class ClusterDomainClaim extends KnativeResource<ClusterDomainClaimSpec, Void> {
  private static final long serialVersionUID = 1L;
}
