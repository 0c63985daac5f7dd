/** Recorded decisions of the original, and how ours compare. */
@NullMarked
package dev.bellows.core.golden;

import org.jspecify.annotations.NullMarked;
