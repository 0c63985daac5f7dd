/** How a decision becomes objects. */
@NullMarked
package dev.bellows.controlplane;

import org.jspecify.annotations.NullMarked;
