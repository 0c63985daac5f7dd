package dev.bellows.dataplane.proxy;

import java.time.Duration;

/**
 * How long an exchange may take (data-plane spec §3.4); all count from its arrival, so waiting for
 * a place counts.
 *
 * @param overall the whole exchange
 * @param responseStart until the head of the response is written; zero = off
 * @param idle silence of the response since its last octet, or since arrival; zero = off. Traffic
 *     of a tunnel counts as activity, in both directions
 */
public record Timeouts(Duration overall, Duration responseStart, Duration idle) {
  public Timeouts {
    if (overall.isNegative() || responseStart.isNegative() || idle.isNegative()) {
      throw new IllegalArgumentException(
          "timeouts must be >= 0, got %s, %s, %s".formatted(overall, responseStart, idle));
    }
  }

  /** Nanoseconds from arrival until one of them can fire for the first time. */
  long firstNanos() {
    long first = overall.toNanos();
    if (!responseStart.isZero()) {
      first = Math.min(first, responseStart.toNanos());
    }
    return idle.isZero() ? first : Math.min(first, idle.toNanos());
  }

  /** Nanoseconds from {@code nowNanos} until one of them may fire; 0 or less if one has. */
  long remainingNanos(Exchange exchange, long nowNanos) {
    long elapsed = nowNanos - exchange.startNanos();
    long remaining = overall.toNanos() - elapsed;
    if (!responseStart.isZero() && !exchange.responseStarted()) {
      remaining = Math.min(remaining, responseStart.toNanos() - elapsed);
    }
    if (!idle.isZero()) {
      long silent = nowNanos - exchange.lastProgressNanos();
      remaining = Math.min(remaining, idle.toNanos() - silent);
    }
    return remaining;
  }
}
