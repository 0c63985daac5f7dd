/**
 * Structured logs of a process that is only the data plane: one JSON object per line, shaped by the
 * same {@code config-logging} as the original's.
 */
@NullMarked
package dev.bellows.dataplane.log;

import org.jspecify.annotations.NullMarked;
