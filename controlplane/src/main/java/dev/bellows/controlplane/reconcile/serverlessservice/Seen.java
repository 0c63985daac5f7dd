package dev.bellows.controlplane.reconcile.serverlessservice;

import dev.bellows.api.networking.ServerlessService;
import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.Optional;

/**
 * What a pass over one ServerlessService sees.
 *
 * @param sks itself
 * @param target the Deployment that its objectRef names
 * @param privateService by its name, whoever owns it
 * @param publicService by its name, whoever owns it
 * @param privateEndpoints the pods
 * @param publicEndpoints what we wrote last
 * @param activatorEndpoints the activators
 */
record Seen(
    ServerlessService sks,
    Optional<Deployment> target,
    Optional<Service> privateService,
    Optional<Service> publicService,
    Optional<Endpoints> privateEndpoints,
    Optional<Endpoints> publicEndpoints,
    Optional<Endpoints> activatorEndpoints) {}
