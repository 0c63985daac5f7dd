/**
 * Turns a Route into host names, a KIngress that shares requests among Revisions, and placeholder
 * Services under which the cluster finds it (serving spec §6).
 */
@NullMarked
package dev.bellows.controlplane.reconcile.route;

import org.jspecify.annotations.NullMarked;
