/** The node of a cluster that is not ours: our kubelet, told and heard by its API server. */
@NullMarked
package dev.bellows.app.kubelet;

import org.jspecify.annotations.NullMarked;
