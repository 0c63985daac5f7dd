/**
 * What happens to an object on its way into the API server: it is defaulted, then validated
 * (serving spec §2, §9). Works on JSON, so that nothing that is not understood gets lost.
 */
@NullMarked
package dev.bellows.api.admission;

import org.jspecify.annotations.NullMarked;
