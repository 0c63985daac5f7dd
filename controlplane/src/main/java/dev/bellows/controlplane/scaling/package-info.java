/** The scaling loop: what is collected of each Revision, and when it is decided about. */
@NullMarked
package dev.bellows.controlplane.scaling;

import org.jspecify.annotations.NullMarked;
