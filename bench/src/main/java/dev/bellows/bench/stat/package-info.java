/** How fast are statistics taken in? */
@NullMarked
package dev.bellows.bench.stat;

import org.jspecify.annotations.NullMarked;
