/** Containers as plain processes of this machine, each the leader of a session of its own. */
@NullMarked
package dev.bellows.embedded.runtime.process;

import org.jspecify.annotations.NullMarked;
