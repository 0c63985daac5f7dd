/**
 * Who takes care of what, without asking anybody: consistent choices by hash, the same on every
 * machine and in every version (autoscaling spec §10, serving spec §5).
 */
@NullMarked
package dev.bellows.core.shard;

import org.jspecify.annotations.NullMarked;
