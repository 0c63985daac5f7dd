/** Which Revisions that no Route leads to are deleted, and when (serving spec §7). */
@NullMarked
package dev.bellows.core.gc;

import org.jspecify.annotations.NullMarked;
