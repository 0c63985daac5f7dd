/** How a request travels. */
@NullMarked
package dev.bellows.dataplane;

import org.jspecify.annotations.NullMarked;
