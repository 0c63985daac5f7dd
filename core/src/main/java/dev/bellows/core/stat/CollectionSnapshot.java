package dev.bellows.core.stat;

import java.time.Instant;

/**
 * What a {@link MetricCollection} holds at a moment.
 *
 * @param takenAt the moment, by the clock of who took it
 * @param aggregation how its windows are averaged
 */
public record CollectionSnapshot(
    Instant takenAt,
    Aggregation aggregation,
    WindowSnapshot concurrencyStable,
    WindowSnapshot concurrencyPanic,
    WindowSnapshot rpsStable,
    WindowSnapshot rpsPanic) {}
