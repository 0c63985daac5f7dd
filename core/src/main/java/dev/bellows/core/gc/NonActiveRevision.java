package dev.bellows.core.gc;

import java.time.Instant;

/**
 * A Revision that may be deleted: no Route leads to it, it is not its Configuration's latest ready
 * one, and nobody asked for it to be kept.
 *
 * @param name its name
 * @param created when it was made
 * @param lastActive when a Route last led to it; when it was made, if none ever did
 */
public record NonActiveRevision(String name, Instant created, Instant lastActive) {}
