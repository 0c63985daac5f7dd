/**
 * What is wrong with a manifest: messages with field paths, merged and printed as upstream does.
 */
@NullMarked
package dev.bellows.core.validation;

import org.jspecify.annotations.NullMarked;
