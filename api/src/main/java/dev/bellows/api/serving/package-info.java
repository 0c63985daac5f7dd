/** What a user writes: the kinds of {@code serving.knative.dev}. */
@NullMarked
package dev.bellows.api.serving;

import org.jspecify.annotations.NullMarked;
