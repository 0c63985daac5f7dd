/** How it is run: wiring, configuration, command line. */
@NullMarked
package dev.bellows.app;

import org.jspecify.annotations.NullMarked;
