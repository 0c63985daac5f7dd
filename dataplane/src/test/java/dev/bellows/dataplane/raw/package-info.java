/** Clients and servers for tests that say every octet themselves. */
@NullMarked
package dev.bellows.dataplane.raw;

import org.jspecify.annotations.NullMarked;
