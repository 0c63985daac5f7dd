/** What the networking layer reads: the kinds of {@code networking.internal.knative.dev}. */
@NullMarked
package dev.bellows.api.networking;

import org.jspecify.annotations.NullMarked;
