package dev.bellows.controlplane.reconcile.service;

import dev.bellows.api.serving.Configuration;
import dev.bellows.api.serving.Revision;
import dev.bellows.api.serving.Route;
import dev.bellows.api.serving.Service;
import java.util.Optional;

/**
 * What a pass over one Service sees.
 *
 * @param service itself
 * @param configuration the Configuration of its name, whoever owns it
 * @param route the Route of its name, whoever owns it
 * @param named the Revision of the name that the template asks for, whoever owns it
 */
record Seen(
    Service service,
    Optional<Configuration> configuration,
    Optional<Route> route,
    Optional<Revision> named) {}
