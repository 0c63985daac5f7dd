/**
 * What a PodAutoscaler of the KPA class asks of the cluster: from what is seen to what is to be
 * written, and why (autoscaling spec §8). Pure: reading, writing and probing are the caller's.
 */
@NullMarked
package dev.bellows.core.podautoscaler;

import org.jspecify.annotations.NullMarked;
