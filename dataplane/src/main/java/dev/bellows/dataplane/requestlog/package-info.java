/**
 * One line per request, in the form that an operator has written down as a template of Go's
 * text/template (data-plane spec §6): the subset of that language that its documentation's examples
 * use, so that a template moves from the original unchanged.
 */
@NullMarked
package dev.bellows.dataplane.requestlog;

import org.jspecify.annotations.NullMarked;
