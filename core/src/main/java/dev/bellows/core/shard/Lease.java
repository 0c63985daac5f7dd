package dev.bellows.core.shard;

import java.time.Duration;
import java.time.Instant;

/**
 * Who holds something that one of several may hold, as all of them read it.
 *
 * @param holder identity of the holder; empty = it was given back
 * @param duration how long after a renewal the others leave it alone
 * @param acquired when the holder took it, by the holder's clock
 * @param renewed when the holder last said that it is alive, by the holder's clock
 * @param transitions how often it has changed hands
 */
public record Lease(
    String holder, Duration duration, Instant acquired, Instant renewed, int transitions) {}
