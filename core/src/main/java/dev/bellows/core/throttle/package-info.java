/**
 * How many requests may run where: the breaker of one pod, the share of pods that one activator
 * serves, the choice of a pod, and the throttler of one Revision that joins them.
 */
@NullMarked
package dev.bellows.core.throttle;

import org.jspecify.annotations.NullMarked;
