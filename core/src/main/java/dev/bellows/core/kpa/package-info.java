/**
 * How many pods a Revision needs: Knative's pod autoscaler (KPA), from its settings to its
 * decisions.
 */
@NullMarked
package dev.bellows.core.kpa;

import org.jspecify.annotations.NullMarked;
