/** What the autoscaler reads: the kinds of {@code autoscaling.internal.knative.dev}. */
@NullMarked
package dev.bellows.api.autoscaling;

import org.jspecify.annotations.NullMarked;
