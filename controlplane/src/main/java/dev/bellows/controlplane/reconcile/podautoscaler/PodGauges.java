package dev.bellows.controlplane.reconcile.podautoscaler;

import dev.bellows.core.podautoscaler.PodCounts;

/**
 * What can be read of a Revision's pods (autoscaling spec §7, KPA gauges), as of the last pass.
 *
 * @param subject whom it is about, for the labels
 * @param requested pods wanted; what was wanted before stays while nothing is decided
 * @param pods what there is
 */
public record PodGauges(Deciders.Subject subject, int requested, PodCounts pods) {}
