/**
 * Which Revision gets which share of a Route's requests, and how a new Revision takes a share over
 * little by little (serving spec §6).
 */
@NullMarked
package dev.bellows.core.rollout;

import org.jspecify.annotations.NullMarked;
