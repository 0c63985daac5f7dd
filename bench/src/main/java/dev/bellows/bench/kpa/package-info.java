/** How fast are decisions? */
@NullMarked
package dev.bellows.bench.kpa;

import org.jspecify.annotations.NullMarked;
