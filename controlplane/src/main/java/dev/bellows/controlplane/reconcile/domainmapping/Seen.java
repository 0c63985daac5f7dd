package dev.bellows.controlplane.reconcile.domainmapping;

import dev.bellows.api.config.NetworkConfig;
import dev.bellows.api.networking.ClusterDomainClaim;
import dev.bellows.api.networking.KIngress;
import dev.bellows.api.serving.DomainMapping;
import java.util.Optional;

/**
 * What a pass over one DomainMapping sees.
 *
 * @param mapping itself
 * @param claim who may use its domain
 * @param target what its reference comes to now
 * @param ingress the KIngress of its name, whoever owns it
 * @param network the settings now in force
 */
record Seen(
    DomainMapping mapping,
    Optional<ClusterDomainClaim> claim,
    Target target,
    Optional<KIngress> ingress,
    NetworkConfig network) {}
