/** Tests of structured logs. */
@NullMarked
package dev.bellows.dataplane.log;

import org.jspecify.annotations.NullMarked;
