package dev.bellows.controlplane.reconcile.podautoscaler;

import dev.bellows.api.autoscaling.Metric;
import dev.bellows.api.autoscaling.PodAutoscaler;
import dev.bellows.api.networking.ServerlessService;
import dev.bellows.controlplane.scrape.PodWatch;
import dev.bellows.controlplane.watch.Watched;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;

/**
 * What a pass over a PodAutoscaler reads of the cluster.
 *
 * @param deployments what is scaled
 * @param pods whose changes matter; they carry the Revision's name as a label
 * @param revisionPods the same pods by Revision
 */
public record PodAutoscalerViews(
    Watched<PodAutoscaler> podAutoscalers,
    Watched<ServerlessService> serverlessServices,
    Watched<Metric> metrics,
    Watched<Deployment> deployments,
    Watched<Pod> pods,
    PodWatch revisionPods) {}
