/**
 * The Kubernetes API of the embedded cluster: objects and their rules ({@code Registry}) and the
 * HTTP that clients speak ({@code ApiServer}).
 */
@NullMarked
package dev.bellows.embedded.apiserver;

import org.jspecify.annotations.NullMarked;
