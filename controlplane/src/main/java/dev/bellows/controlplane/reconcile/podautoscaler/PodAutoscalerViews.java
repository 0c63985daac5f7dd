package dev.bellows.controlplane.reconcile.podautoscaler;

import dev.bellows.api.autoscaling.Metric;
import dev.bellows.api.autoscaling.PodAutoscaler;
import dev.bellows.api.networking.ServerlessService;
import dev.bellows.controlplane.watch.Watched;
import dev.bellows.core.podautoscaler.PodCounts;
import dev.bellows.core.revision.RevisionId;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.function.Function;

/**
 * What a pass over a PodAutoscaler reads of the cluster.
 *
 * @param deployments what is scaled
 * @param pods whose changes matter; they carry the Revision's name as a label
 * @param podCounts counts a Revision's pods from memory
 */
public record PodAutoscalerViews(
    Watched<PodAutoscaler> podAutoscalers,
    Watched<ServerlessService> serverlessServices,
    Watched<Metric> metrics,
    Watched<Deployment> deployments,
    Watched<Pod> pods,
    Function<RevisionId, PodCounts> podCounts) {}
