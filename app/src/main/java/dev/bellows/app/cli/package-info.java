/** The command line. */
@NullMarked
package dev.bellows.app.cli;

import org.jspecify.annotations.NullMarked;
