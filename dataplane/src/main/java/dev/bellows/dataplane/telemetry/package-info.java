/**
 * What the data plane tells of itself: measures, under upstream's names, for Prometheus and by
 * OTLP, and the spans of requests. Nothing of it costs a request anything where nobody asked for
 * it.
 */
@NullMarked
package dev.bellows.dataplane.telemetry;

import org.jspecify.annotations.NullMarked;
