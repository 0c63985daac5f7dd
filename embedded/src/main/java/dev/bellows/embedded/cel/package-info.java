/**
 * The Common Expression Language as Kubernetes speaks it: which functions there are, how values
 * that a schema describes are typed, and what an evaluation may cost. Nothing of the library is
 * loaded before an object with an expression comes along; names and labels of all objects are held
 * to {@link dev.bellows.embedded.cel.NamedFormat}, which does without it.
 */
@NullMarked
package dev.bellows.embedded.cel;

import org.jspecify.annotations.NullMarked;
