/** What is scaled: a Revision and what the data plane must know of it. */
@NullMarked
package dev.bellows.core.revision;

import org.jspecify.annotations.NullMarked;
