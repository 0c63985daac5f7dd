/**
 * What the controller manager of a cluster does: Deployments become ReplicaSets become pods, and
 * what has lost its owner or namespace goes.
 */
@NullMarked
package dev.bellows.embedded.workload;

import org.jspecify.annotations.NullMarked;
