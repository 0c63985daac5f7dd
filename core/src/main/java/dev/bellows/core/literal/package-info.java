/**
 * Numbers, booleans and durations as Knative's ConfigMaps and annotations write them, which is to
 * say as Go reads and prints them (autoscaling spec, numeric conventions).
 */
@NullMarked
package dev.bellows.core.literal;

import org.jspecify.annotations.NullMarked;
