/** Turns a Revision into a Deployment, a PodAutoscaler and Images, and says how they fare. */
@NullMarked
package dev.bellows.controlplane.reconcile.revision;

import org.jspecify.annotations.NullMarked;
