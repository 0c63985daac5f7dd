/** Leads domains of the user's own to what answers for them (serving spec §7). */
@NullMarked
package dev.bellows.controlplane.reconcile.domainmapping;

import org.jspecify.annotations.NullMarked;
