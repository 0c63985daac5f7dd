/**
 * What an image name stands for at a registry (OCI distribution specification 1.1, serving spec
 * §3): names, credentials, and one question asked in the background.
 */
@NullMarked
package dev.bellows.controlplane.registry;

import org.jspecify.annotations.NullMarked;
