/**
 * The frame of every reconciler: keys wait in a {@link WorkQueue}, a {@link Controller} hands them
 * to a {@link Reconciler}, whose pass observes (reads only), plans (pure) and applies {@link Step}s
 * (writes only). Acting is on the state seen, never on the event that woke; planning again after
 * applying gives no steps.
 */
@NullMarked
package dev.bellows.controlplane.reconcile;

import org.jspecify.annotations.NullMarked;
