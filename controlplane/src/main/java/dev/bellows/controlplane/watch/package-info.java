/**
 * What the control plane sees of the cluster: one watch per kind, shared by all who read it, and
 * the feeds that tell the data plane.
 */
@NullMarked
package dev.bellows.controlplane.watch;

import org.jspecify.annotations.NullMarked;
