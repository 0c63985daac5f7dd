/**
 * Which of several processes takes care of what: a Lease per bucket, of autoscalers (autoscaling
 * spec §10) and of each reconciler of the control plane.
 */
@NullMarked
package dev.bellows.controlplane.bucket;

import org.jspecify.annotations.NullMarked;
