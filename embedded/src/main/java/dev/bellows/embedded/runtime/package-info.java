/** What runs a pod's containers: one interface, of which plain processes are the first form. */
@NullMarked
package dev.bellows.embedded.runtime;

import org.jspecify.annotations.NullMarked;
