/** How fast it is. */
@NullMarked
package dev.bellows.bench;

import org.jspecify.annotations.NullMarked;
