package dev.bellows.dataplane.telemetry;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings measures to a collector by OTLP, from time to time. They count from the start, so one that
 * did not arrive is made good by the next.
 */
public final class MetricExport implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MetricExport.class);

  /** How often, where nothing is said; OpenTelemetry's own default. */
  public static final Duration INTERVAL = Duration.ofSeconds(60);

  private final Supplier<List<Metric>> metrics;
  private final Attributes resource;
  private final InstantSource clock;
  private final long startNanos;
  private final OtlpSender sender;
  private final Complaints complaints;
  private final Future<?> timer;

  /**
   * Begins.
   *
   * @param metrics reads them; may take a moment, but must not block
   * @param resource what the process is
   */
  public MetricExport(
      EventLoop loop,
      ExportTarget target,
      Attributes resource,
      Supplier<List<Metric>> metrics,
      InstantSource clock) {
    this.metrics = metrics;
    this.resource = resource;
    this.clock = clock;
    this.startNanos = nanos(clock);
    this.sender = new OtlpSender(loop, target, OtlpSender.Signal.METRICS);
    this.complaints = new Complaints(LOG, "measures to " + target);
    long interval = target.interval().orElse(INTERVAL).toNanos();
    this.timer = loop.scheduleAtFixedRate(this::export, interval, interval, TimeUnit.NANOSECONDS);
  }

  static long nanos(InstantSource clock) {
    var now = clock.instant();
    return TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
  }

  private void export() {
    // Reading may meet locks and is work: not on the loop that carries requests.
    Thread.ofVirtual().name("metrics").start(this::exportNow);
  }

  /**
   * Exports at once, as before an end.
   *
   * @return done when they have arrived, or have not; never completes exceptionally
   */
  public CompletionStage<Void> exportNow() {
    byte[] message;
    try {
      message = Otlp.metrics(resource, metrics.get(), startNanos, nanos(clock));
    } catch (RuntimeException e) {
      LOG.error("measures cannot be read", e);
      return CompletableFuture.completedFuture(null);
    }
    return sender
        .send(message)
        .handle((_, failure) -> {
          if (failure == null) {
            complaints.succeeded();
          } else {
            complaints.failed(failure);
          }
          return null;
        });
  }

  /** Exports no more; what was counted since the last time is lost, unless exported before. */
  @Override
  public void close() {
    timer.cancel(false);
  }
}
