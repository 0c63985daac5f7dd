/**
 * Measures, limits and reports the requests of pods. One process serves the pods of a whole node:
 * each has listeners and state of its own, and they share the engine's event loops.
 */
@NullMarked
package dev.bellows.dataplane.queueproxy;

import org.jspecify.annotations.NullMarked;
