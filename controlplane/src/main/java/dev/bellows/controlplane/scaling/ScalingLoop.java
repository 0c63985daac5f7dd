package dev.bellows.controlplane.scaling;

import dev.bellows.core.stat.Stat;
import dev.bellows.core.stat.StatMessage;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drives collecting and deciding. In production one thread does; a test calls {@link #step} with
 * moments of its own.
 */
public final class ScalingLoop implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ScalingLoop.class);

  /** How long {@link #close} waits for the step under way. */
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

  private final MetricCollector metrics;
  private final MultiScaler scaler;
  private final InstantSource clock;
  private final Thread driver;

  /**
   * A loop that stands still until {@link #start}.
   *
   * @param metrics what is collected
   * @param scaler who decides
   * @param clock the present
   */
  public ScalingLoop(MetricCollector metrics, MultiScaler scaler, InstantSource clock) {
    this.metrics = metrics;
    this.scaler = scaler;
    this.clock = clock;
    this.driver = Thread.ofPlatform().name("scaling-loop").daemon().unstarted(this::run);
  }

  /** Begins to drive. */
  public void start() {
    driver.start();
  }

  /**
   * Takes in what an activator reports, and decides at once where that wakes a Revision from zero.
   * Stats without a time, and those from the future (a window would refuse the present after them),
   * count as of now. Those of Revisions without a Metric are ignored.
   */
  public void record(StatMessage message) {
    Instant now = clock.instant();
    Stat stat = message.stat();
    Instant at =
        stat.timestamp() == 0 || stat.timestamp() > now.getEpochSecond()
            ? now
            : Instant.ofEpochSecond(Math.max(0, stat.timestamp()));
    if (metrics.record(message.revision(), at, stat)) {
      scaler.poke(message.revision(), stat, now);
    }
  }

  /**
   * Does the work that is due: starts scrapes, then decides.
   *
   * @return when to call again
   */
  public Instant step(Instant now) {
    Instant nextScrape = metrics.step(now);
    Instant nextDecision = scaler.step(now);
    return nextScrape.isBefore(nextDecision) ? nextScrape : nextDecision;
  }

  private void run() {
    try {
      while (!Thread.currentThread().isInterrupted()) {
        Instant next = step(clock.instant());
        Duration wait = Duration.between(clock.instant(), next);
        if (wait.isPositive()) {
          Thread.sleep(wait);
        }
      }
    } catch (InterruptedException e) {
      log.debug("the scaling loop was told to end", e);
    }
  }

  /** Ends driving; scrapes under way end by themselves. */
  @Override
  public void close() {
    if (driver.getState() == Thread.State.NEW) {
      return; // what was to be started after it could not be
    }
    driver.interrupt();
    try {
      driver.join(CLOSE_LIMIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
