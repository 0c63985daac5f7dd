/**
 * Reads the JSON in which a process of the data plane is configured. A mapper would be the larger
 * part of what a sidecar loads (ADR 0050); this is a tree over the streaming parser.
 */
@NullMarked
package dev.bellows.dataplane.json;

import org.jspecify.annotations.NullMarked;
