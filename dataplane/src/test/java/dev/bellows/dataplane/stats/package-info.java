/** Tests of the statistics' way, over real sockets and with a frozen clock. */
@NullMarked
package dev.bellows.dataplane.stats;

import org.jspecify.annotations.NullMarked;
