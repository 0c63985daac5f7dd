/** How much is it to decide about many Revisions? */
@NullMarked
package dev.bellows.bench.scaling;

import org.jspecify.annotations.NullMarked;
