package dev.bellows.dataplane.stats;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before the next attempt to connect: 100 ms, each time 1.3 times longer, up to
 * half as much again by chance, and from the start after 20 attempts (data-plane spec §5.3).
 * Confined to its owner's thread.
 */
final class Backoff {
  private static final Duration FIRST = Duration.ofMillis(100);
  private static final double FACTOR = 1.3;
  private static final double JITTER = 0.5;
  private static final int ATTEMPTS = 20;

  private final RandomGenerator random;
  private int attempt;

  Backoff(RandomGenerator random) {
    this.random = random;
  }

  /** The wait after one more failure. */
  Duration next() {
    double millis = FIRST.toMillis() * Math.pow(FACTOR, attempt);
    attempt = (attempt + 1) % ATTEMPTS;
    return Duration.ofNanos((long) (millis * (1 + JITTER * random.nextDouble()) * 1_000_000));
  }

  /** An attempt succeeded: the next failure counts as the first. */
  void reset() {
    attempt = 0;
  }
}
