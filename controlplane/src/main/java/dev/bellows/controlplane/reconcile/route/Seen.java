package dev.bellows.controlplane.reconcile.route;

import dev.bellows.api.config.SystemConfig;
import dev.bellows.api.networking.Certificate;
import dev.bellows.api.networking.KIngress;
import dev.bellows.api.serving.Revision;
import dev.bellows.api.serving.Route;
import dev.bellows.controlplane.reconcile.HostForm;
import dev.bellows.core.rollout.Traffic;
import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.Service;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a pass over one Route sees.
 *
 * @param route itself
 * @param traffic where its targets lead now
 * @param revisions those that they lead to, or led to while a rollout lasts, by name
 * @param ingress the KIngress of its name, whoever owns it
 * @param services the placeholder Services of its name and tags, by name, whoever owns them
 * @param endpoints Endpoints of the same names
 * @param certificates every Certificate of its namespace, where any host is to be encrypted
 * @param labelled Services that carry the Route's label and are the Route's
 * @param config the settings now in force
 * @param form how names and URLs are written
 */
record Seen(
    Route route,
    Traffic traffic,
    Map<String, Revision> revisions,
    Optional<KIngress> ingress,
    Map<String, Service> services,
    Map<String, Endpoints> endpoints,
    List<Certificate> certificates,
    List<Service> labelled,
    SystemConfig config,
    HostForm form) {
  Seen {
    revisions = Map.copyOf(revisions);
    services = Map.copyOf(services);
    endpoints = Map.copyOf(endpoints);
    certificates = List.copyOf(certificates);
    labelled = List.copyOf(labelled);
  }
}
