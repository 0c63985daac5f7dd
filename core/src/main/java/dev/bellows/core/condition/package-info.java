/** Status conditions and the rules by which they add up to Ready (serving spec §0). */
@NullMarked
package dev.bellows.core.condition;

import org.jspecify.annotations.NullMarked;
