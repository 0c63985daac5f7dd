/**
 * What requests leave behind: statistics, their wire form, and the windows they are seen through.
 */
@NullMarked
package dev.bellows.core.stat;

import org.jspecify.annotations.NullMarked;
