/** The demonstration: a real run from zero to many and back, drawn. */
@NullMarked
package dev.bellows.app.demo;

import org.jspecify.annotations.NullMarked;
