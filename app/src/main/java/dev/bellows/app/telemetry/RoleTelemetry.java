package dev.bellows.app.telemetry;

import dev.bellows.api.config.ObservabilityConfig;
import dev.bellows.api.config.ObservabilityConfig.Export;
import dev.bellows.controlplane.watch.LiveConfig;
import dev.bellows.dataplane.telemetry.Attributes;
import dev.bellows.dataplane.telemetry.ExportTarget;
import dev.bellows.dataplane.telemetry.HttpTelemetry;
import dev.bellows.dataplane.telemetry.Metric;
import dev.bellows.dataplane.telemetry.MetricExport;
import dev.bellows.dataplane.telemetry.PrometheusPage;
import dev.bellows.dataplane.telemetry.RuntimeMetrics;
import dev.bellows.dataplane.telemetry.Tracer;
import io.netty.channel.EventLoop;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a process tells of itself, as {@code config-observability} says, which is followed live:
 * measures for Prometheus or by OTLP, and the spans of the requests that pass through it.
 */
public final class RoleTelemetry implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RoleTelemetry.class);

  /** How long the last measures and spans get to arrive (data-plane spec §3.8). */
  private static final int FAREWELL_SECONDS = 10;

  /**
   * Requests that are observed.
   *
   * @param http by whom
   * @param service what the part is called, such as {@code activator}
   * @param scope who traces them; upstream's package
   */
  public record Observed(HttpTelemetry http, String service, String scope) {}

  private final EventLoop loop;
  private final Attributes resource;
  private final Supplier<List<Metric>> counted;
  private final List<Observed> observed;
  private final Consumer<String> lines;
  private final InstantSource clock;
  private Export metrics = ObservabilityConfig.DEFAULT.metrics();
  private Export tracing = ObservabilityConfig.DEFAULT.tracing();
  private double samplingRate;
  private Optional<MetricExport> export = Optional.empty();
  private List<Tracer> tracers = List.of();

  /**
   * Begins to follow the settings.
   *
   * @param resource what the process is
   * @param counted reads what its parts have counted
   * @param observed whose requests are measured and traced
   * @param lines takes spans that are to be written as lines
   */
  public RoleTelemetry(
      LiveConfig config,
      EventLoop loop,
      Attributes resource,
      Supplier<List<Metric>> counted,
      List<Observed> observed,
      Consumer<String> lines,
      InstantSource clock) {
    this.loop = loop;
    this.resource = resource;
    this.counted = counted;
    this.observed = List.copyOf(observed);
    this.lines = lines;
    this.clock = clock;
    config.onChange(changed -> use(changed.observability()));
  }

  private synchronized void use(ObservabilityConfig config) {
    if (!config.metrics().equals(metrics)) {
      metrics = config.metrics();
      export.ifPresent(MetricExport::close);
      export =
          ExportTarget.orNone(
                  metrics.protocol(), metrics.endpoint(), metrics.interval(), "measures")
              .map(target -> new MetricExport(loop, target, resource, this::metrics, clock));
      boolean wanted = !metrics.protocol().equals("none");
      observed.forEach(each -> each.http().measure(wanted));
    }
    if (!config.tracing().equals(tracing) || config.tracingSamplingRate() != samplingRate) {
      tracing = config.tracing();
      samplingRate = config.tracingSamplingRate();
      List<Tracer> before = tracers;
      tracers = new ArrayList<>();
      for (Observed each : observed) {
        Optional<Tracer> tracer = tracer(each);
        tracer.ifPresent(tracers::add);
        each.http().trace(tracer);
      }
      before.forEach(Tracer::close);
    }
  }

  private Optional<Tracer> tracer(Observed of) {
    Attributes named = resource.with(Attributes.of("service.name", of.service()));
    return Tracer.by(
        tracing.protocol(),
        tracing.endpoint(),
        samplingRate,
        named,
        of.scope(),
        loop,
        clock,
        ThreadLocalRandom::current,
        lines);
  }

  private List<Metric> metrics() {
    List<Metric> all = new ArrayList<>(counted.get());
    observed.forEach(each -> all.addAll(each.http().metrics()));
    all.addAll(RuntimeMetrics.metrics());
    return all;
  }

  /** The page for Prometheus. */
  public byte[] page() {
    return PrometheusPage.of(resource, metrics());
  }

  /** Tells what it has not told yet, and then no more. */
  @Override
  public synchronized void close() {
    List<CompletableFuture<Void>> last = new ArrayList<>();
    export.ifPresent(each -> {
      last.add(each.exportNow().toCompletableFuture());
      each.close();
    });
    for (Tracer each : tracers) {
      last.add(each.flush().toCompletableFuture());
      each.close();
    }
    observed.forEach(each -> each.http().trace(Optional.empty()));
    try {
      CompletableFuture.allOf(last.toArray(CompletableFuture[]::new))
          .get(FAREWELL_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("the last measures or spans may not have arrived");
    }
  }
}
