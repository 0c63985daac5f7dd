/** Addresses of pods and Services, and the Endpoints that say where pods listen. */
@NullMarked
package dev.bellows.embedded.network;

import org.jspecify.annotations.NullMarked;
