/** Mutated streams of requests, and nginx's opinion on them. */
@NullMarked
package dev.bellows.dataplane.fuzz;

import org.jspecify.annotations.NullMarked;
