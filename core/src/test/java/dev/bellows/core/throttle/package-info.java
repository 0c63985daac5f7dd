/** Tests of throttling: recorded decisions, stories with numbers, and properties. */
@NullMarked
package dev.bellows.core.throttle;

import org.jspecify.annotations.NullMarked;
