/** How the rooms are put together. */
@NullMarked
package dev.bellows.app.wiring;

import org.jspecify.annotations.NullMarked;
