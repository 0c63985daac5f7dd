/** Container logs on disk, in the line format of the Container Runtime Interface. */
@NullMarked
package dev.bellows.embedded.runtime.log;

import org.jspecify.annotations.NullMarked;
