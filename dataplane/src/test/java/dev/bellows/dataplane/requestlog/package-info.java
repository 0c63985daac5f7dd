/** Tests of the request log's templates. */
@NullMarked
package dev.bellows.dataplane.requestlog;

import org.jspecify.annotations.NullMarked;
