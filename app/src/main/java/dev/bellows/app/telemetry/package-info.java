/** What the system tells of itself to Prometheus. */
@NullMarked
package dev.bellows.app.telemetry;

import org.jspecify.annotations.NullMarked;
