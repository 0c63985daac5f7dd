package dev.bellows.app.wiring;

import dev.bellows.app.telemetry.RoleTelemetry;
import dev.bellows.app.telemetry.SystemMetrics;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** A part of the system that can have a process of its own: opened, run, drained, closed. */
interface Role extends AutoCloseable {
  /** Begins its work, once the control plane of its process has seen the cluster. */
  void run();

  /**
   * Told to end: lets what it has begun end.
   *
   * @param lameDuck how long it goes on as usual, in which others notice
   * @return done when the last has ended
   */
  CompletionStage<Void> drain(Duration lameDuck);

  /** Adds what it counts to a page for Prometheus. */
  SystemMetrics addTo(SystemMetrics page);

  /** Whose requests can be measured and traced; none where none pass through. */
  default List<RoleTelemetry.Observed> observed() {
    return List.of();
  }

  /** Where it is reached, for the person who started it. */
  String where();

  @Override
  void close();
}
