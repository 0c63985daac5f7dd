/** Reconciles Metrics: what is to be measured is collected, and whether it comes in is told. */
@NullMarked
package dev.bellows.controlplane.reconcile.metric;

import org.jspecify.annotations.NullMarked;
