/**
 * The pair of Services before a Revision: the private one, behind which its pods stand, and the
 * public one, behind which stand its pods or activators (serving spec §5).
 */
@NullMarked
package dev.bellows.controlplane.reconcile.serverlessservice;

import org.jspecify.annotations.NullMarked;
