/**
 * Which of several autoscalers takes care of which Revisions: a Lease per bucket (autoscaling spec
 * §10).
 */
@NullMarked
package dev.bellows.controlplane.bucket;

import org.jspecify.annotations.NullMarked;
