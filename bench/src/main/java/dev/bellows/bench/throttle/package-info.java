/** How fast is a pod chosen? */
@NullMarked
package dev.bellows.bench.throttle;

import org.jspecify.annotations.NullMarked;
