/** How fast pods come up, and whether they leave nothing behind. */
@NullMarked
package dev.bellows.bench.kubelet;

import org.jspecify.annotations.NullMarked;
