/** Runs the pods of one node: starts, probes, restarts and stops containers, and says so. */
@NullMarked
package dev.bellows.embedded.kubelet;

import org.jspecify.annotations.NullMarked;
