/** The local image registry: which command an image name stands for. */
@NullMarked
package dev.bellows.embedded.image;

import org.jspecify.annotations.NullMarked;
