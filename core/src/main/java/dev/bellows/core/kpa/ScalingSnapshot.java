package dev.bellows.core.kpa;

import dev.bellows.core.stat.CollectionSnapshot;

/**
 * All that deciding about one Revision goes by, for another to go on with.
 *
 * @param windows the load
 * @param autoscaler what the decider remembers
 * @param status what it decided last
 */
public record ScalingSnapshot(
    CollectionSnapshot windows, AutoscalerSnapshot autoscaler, DeciderStatus status) {}
