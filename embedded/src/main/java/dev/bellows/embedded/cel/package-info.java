/**
 * The Common Expression Language as Kubernetes speaks it: which functions there are, how values
 * that a schema describes are typed, and what an evaluation may cost. Nothing of it is loaded
 * before an object with an expression comes along.
 */
@NullMarked
package dev.bellows.embedded.cel;

import org.jspecify.annotations.NullMarked;
