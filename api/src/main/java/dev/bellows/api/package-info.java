/** What a user writes: resource types, defaults, validation. */
@NullMarked
package dev.bellows.api;

import org.jspecify.annotations.NullMarked;
