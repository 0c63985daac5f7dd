/** What an image cache reads: the kind of {@code caching.internal.knative.dev}. */
@NullMarked
package dev.bellows.api.caching;

import org.jspecify.annotations.NullMarked;
