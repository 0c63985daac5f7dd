package dev.bellows.controlplane.reconcile.domainmapping;

import dev.bellows.api.config.NetworkConfig;
import dev.bellows.api.networking.Certificate;
import dev.bellows.api.networking.ClusterDomainClaim;
import dev.bellows.api.networking.KIngress;
import dev.bellows.api.serving.DomainMapping;
import dev.bellows.controlplane.reconcile.HostForm;
import java.util.List;
import java.util.Optional;

/**
 * What a pass over one DomainMapping sees.
 *
 * @param mapping itself
 * @param claim who may use its domain
 * @param target what its reference comes to now
 * @param ingress the KIngress of its name, whoever owns it
 * @param certificates every Certificate of its namespace, where public hosts are to be encrypted
 * @param network the settings now in force
 * @param form how URLs are written
 */
record Seen(
    DomainMapping mapping,
    Optional<ClusterDomainClaim> claim,
    Target target,
    Optional<KIngress> ingress,
    List<Certificate> certificates,
    NetworkConfig network,
    HostForm form) {
  Seen {
    certificates = List.copyOf(certificates);
  }
}
