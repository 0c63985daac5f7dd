/** Deletes Revisions that no Route leads to any more, as config-gc says (serving spec §7). */
@NullMarked
package dev.bellows.controlplane.reconcile.gc;

import org.jspecify.annotations.NullMarked;
