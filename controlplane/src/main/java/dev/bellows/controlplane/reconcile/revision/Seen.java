package dev.bellows.controlplane.reconcile.revision;

import dev.bellows.api.autoscaling.PodAutoscaler;
import dev.bellows.api.config.SystemConfig;
import dev.bellows.api.networking.Certificate;
import dev.bellows.api.serving.Revision;
import dev.bellows.controlplane.reconcile.revision.DigestResolver.Resolution;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a pass over one Revision sees.
 *
 * @param revision itself
 * @param deployment by its name, whoever owns it
 * @param podAutoscaler by its name, whoever owns it
 * @param pods of the Revision
 * @param images names of its Image objects that exist
 * @param resolutions what is known of the images that its containers name
 * @param certificate of the namespace's queue-proxies, if it has been asked for
 * @param certificateSecret what that one is to fill
 * @param config the settings now in force
 * @param wishes remembers what Deployments earlier passes wished for
 */
record Seen(
    Revision revision,
    Optional<Deployment> deployment,
    Optional<PodAutoscaler> podAutoscaler,
    List<Pod> pods,
    Set<String> images,
    Map<String, Resolution> resolutions,
    Optional<Certificate> certificate,
    Optional<Secret> certificateSecret,
    SystemConfig config,
    DeploymentWishes wishes) {
  Seen {
    pods = List.copyOf(pods);
    images = Set.copyOf(images);
    resolutions = Map.copyOf(resolutions);
  }
}
