package dev.bellows.api.networking;

import dev.bellows.api.KnativeResource;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** A TLS certificate wanted for some domain names. */
@Group("networking.internal.knative.dev")
@Version("v1alpha1")
@Kind("Certificate")
@Plural("certificates")
@ShortNames("kcert")
public final class Certificate extends KnativeResource<CertificateSpec, CertificateStatus>
    implements Namespaced {
  private static final long serialVersionUID = 1L;
}
