/** A cluster's worth of API server, kubelet and network inside one process. */
@NullMarked
package dev.bellows.embedded;

import org.jspecify.annotations.NullMarked;
