/** Tests of the activator. */
@NullMarked
package dev.bellows.dataplane.activator;

import org.jspecify.annotations.NullMarked;
