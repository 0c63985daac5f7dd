/** What the embedded API server bears. */
@NullMarked
package dev.bellows.bench.apiserver;

import org.jspecify.annotations.NullMarked;
