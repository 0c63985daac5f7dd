@NullMarked
package dev.bellows.dataplane.telemetry;

import org.jspecify.annotations.NullMarked;
