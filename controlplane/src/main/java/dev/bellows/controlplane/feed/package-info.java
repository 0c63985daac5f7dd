/** Tells the data plane what it must know of the cluster, as soon as it is seen. */
@NullMarked
package dev.bellows.controlplane.feed;

import org.jspecify.annotations.NullMarked;
