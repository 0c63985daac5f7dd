/**
 * Where requests go while a Revision has no pods, or too few: it holds each until a pod has room,
 * sends it there, and reports what it saw to the autoscaler (data-plane spec §4, §5).
 *
 * <p>Two kinds of state meet here. What is known of the pods changes on one event loop per Revision
 * ({@link dev.bellows.dataplane.activator.RevisionPods}); requests live on the event loops of their
 * connections and take a place by an atomic count, or stand in their Revision's {@link
 * dev.bellows.dataplane.activator.WaitingLine}.
 */
@NullMarked
package dev.bellows.dataplane.activator;

import org.jspecify.annotations.NullMarked;
