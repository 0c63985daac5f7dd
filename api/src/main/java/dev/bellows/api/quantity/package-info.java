/** Amounts of resources, read and written as Kubernetes does. */
@NullMarked
package dev.bellows.api.quantity;

import org.jspecify.annotations.NullMarked;
