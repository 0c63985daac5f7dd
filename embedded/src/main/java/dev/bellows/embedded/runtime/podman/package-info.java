/** Containers of images, run by podman. */
@NullMarked
package dev.bellows.embedded.runtime.podman;

import org.jspecify.annotations.NullMarked;
