/** Asks programs whether they are ready: readiness of containers, health of pods. */
@NullMarked
package dev.bellows.dataplane.probe;

import org.jspecify.annotations.NullMarked;
