/**
 * The system's settings: one record per ConfigMap of {@code knative-serving} (serving spec §8).
 * Unknown keys are ignored, as the original does.
 */
@NullMarked
package dev.bellows.api.config;

import org.jspecify.annotations.NullMarked;
