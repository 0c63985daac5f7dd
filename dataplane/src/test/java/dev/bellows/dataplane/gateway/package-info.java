/** Tests of the gateway. */
@NullMarked
package dev.bellows.dataplane.gateway;

import org.jspecify.annotations.NullMarked;
