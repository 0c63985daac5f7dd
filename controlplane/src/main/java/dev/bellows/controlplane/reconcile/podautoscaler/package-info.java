/**
 * Reconciles PodAutoscalers of the KPA class: reads what is there, lets {@code
 * dev.bellows.core.podautoscaler} plan, writes what it says.
 */
@NullMarked
package dev.bellows.controlplane.reconcile.podautoscaler;

import org.jspecify.annotations.NullMarked;
