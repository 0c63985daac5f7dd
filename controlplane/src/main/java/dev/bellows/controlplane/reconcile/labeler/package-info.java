/**
 * Writes on Configurations and Revisions which Routes lead to them, so that who scales and who
 * cleans up need not follow Routes (serving spec §7).
 */
@NullMarked
package dev.bellows.controlplane.reconcile.labeler;

import org.jspecify.annotations.NullMarked;
