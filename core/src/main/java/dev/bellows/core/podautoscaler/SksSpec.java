package dev.bellows.core.podautoscaler;

import dev.bellows.core.revision.Protocol;

/**
 * What the ServerlessService of a Revision should be.
 *
 * @param mode who answers for the Revision
 * @param objectRef what runs its pods
 * @param protocol what its pods speak
 * @param numActivators how many activators stand before it when in Proxy mode; 0 = all
 */
public record SksSpec(
    SksMode mode, ScaleTargetRef objectRef, Protocol protocol, int numActivators) {}
