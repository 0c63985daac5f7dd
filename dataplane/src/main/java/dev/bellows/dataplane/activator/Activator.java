package dev.bellows.dataplane.activator;

import dev.bellows.core.revision.Revision;
import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.route.Address;
import dev.bellows.core.route.InternalTlsListener;
import dev.bellows.core.route.RevisionListener;
import dev.bellows.dataplane.probe.Prober;
import dev.bellows.dataplane.proxy.Exchange;
import dev.bellows.dataplane.proxy.InternalTls;
import dev.bellows.dataplane.proxy.Listener;
import dev.bellows.dataplane.proxy.ProxyEngine;
import dev.bellows.dataplane.proxy.Stage;
import dev.bellows.dataplane.proxy.TimeoutStage;
import dev.bellows.dataplane.proxy.Timeouts;
import dev.bellows.dataplane.stats.StatClient;
import dev.bellows.dataplane.telemetry.Attributes;
import dev.bellows.dataplane.telemetry.HttpTelemetry;
import dev.bellows.dataplane.telemetry.HttpTelemetry.SpanNames;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * The activator: holds requests for Revisions without free pods, sends each to a pod as soon as one
 * has room, and tells the autoscaler what it sees (data-plane spec §4).
 */
public final class Activator implements AutoCloseable {
  /** Who measures HTTP in the original. */
  private static final String HTTP_SCOPE =
      "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp";

  private static final SpanNames SPANS =
      new SpanNames(
          "throttler_try",
          "activator_proxy",
          exchange -> exchange.request().method() + " " + HttpTelemetry.path(exchange));

  private final ProxyEngine engine;
  private final Throttler throttler;
  private final ConcurrencyReporter reporter;
  private final KubeletHealth health;
  private final LiveRequestLog requestLog = new LiveRequestLog();
  private final StatClient stats;
  private final List<Listener> listeners = new ArrayList<>();
  private final HttpTelemetry telemetry =
      new HttpTelemetry(HTTP_SCOPE, SPANS, _ -> false, Activator::about);
  private final InternalTls tls;
  private final Listener tlsListener;

  private Activator(
      ProxyEngine engine,
      ActivatorConfig config,
      StatClient stats,
      LongSupplier nanoTime,
      Supplier<RandomGenerator> random)
      throws IOException {
    this.engine = engine;
    this.stats = stats;
    this.tls = new InternalTls(config.tls());
    this.throttler =
        new Throttler(
            config.podIp(),
            tls,
            engine.loops(),
            new QueueProbe(new Prober(engine.loops())),
            nanoTime,
            random);
    this.health = new KubeletHealth(stats::reachable);
    this.reporter =
        new ConcurrencyReporter(config.podName(), engine.loops().next(), nanoTime, stats::send);
    List<Stage> chain = chain(config.clusterDomain());
    try {
      for (int port : config.ports()) {
        listeners.add(engine.bind(config.listenIp(), port, chain));
      }
      this.tlsListener = engine.bindTls(config.listenIp(), config.tlsPort(), chain, tls.shown());
      listeners.add(tlsListener);
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  /**
   * Opens the ports and starts to report.
   *
   * @param engine carries the requests
   * @param config who and where it is
   * @param stats where reports go; not closed with the activator
   * @param nanoTime monotonic clock
   * @param random a source for the calling thread, such as {@code ThreadLocalRandom::current}
   * @throws IOException if a port cannot be opened
   */
  public static Activator start(
      ProxyEngine engine,
      ActivatorConfig config,
      StatClient stats,
      LongSupplier nanoTime,
      Supplier<RandomGenerator> random)
      throws IOException {
    Activator started = bind(engine, config, stats, nanoTime, random);
    started.accept();
    return started;
  }

  /**
   * As {@link #start}, but takes no connection before {@link #accept}: for whoever first has to
   * tell it of Revisions, which it would not find until then.
   */
  public static Activator bind(
      ProxyEngine engine,
      ActivatorConfig config,
      StatClient stats,
      LongSupplier nanoTime,
      Supplier<RandomGenerator> random)
      throws IOException {
    return new Activator(engine, config, stats, nanoTime, random);
  }

  /** Takes connections, first those that wait. */
  public void accept() {
    listeners.forEach(Listener::accept);
  }

  private static Attributes about(Exchange exchange) {
    Throttler.Throttled throttled = exchange.get(RevisionLookup.REVISION);
    return throttled == null ? Attributes.NONE : throttled.about();
  }

  /** Measures and traces its requests, where told to. */
  public HttpTelemetry telemetry() {
    return telemetry;
  }

  /** What a request meets, in travelling order (data-plane spec §4.1). */
  private List<Stage> chain(String clusterDomain) {
    return List.of(
        health, // first: a kubelet asks about this process, not about a Revision
        new ProbeAnswers(), // before look-up: they carry no Revision
        telemetry.stage("http"), // all of a request's time here; probes are none
        new RevisionLookup(throttler, clusterDomain), // what follows is per Revision
        requestLog, // knows the Revision, and sees all that becomes of the request
        new RequestCount(reporter), // includes the wait: it is what a Revision is scaled by
        timeouts(), // its clocks include the wait, and may end it
        new PodHeaders(), // before the first pod is known, so that a second one sees the same
        new ThrottledForward(throttler));
  }

  private static TimeoutStage timeouts() {
    return new TimeoutStage(
        exchange -> {
          Revision revision =
              Objects.requireNonNull(exchange.get(RevisionLookup.REVISION)).revision();
          return new Timeouts(
              revision.timeout(), revision.responseStartTimeout(), revision.idleTimeout());
        },
        "activator request timeout");
  }

  /**
   * From now on requests are logged by this template, or not; may be told by any thread. One that
   * cannot be read is told of in the log, and changes nothing.
   *
   * @param template in the language of Go's text/template; empty = no request log
   * @param lines takes each line, on an event loop: it must not block
   */
  public void useRequestLog(Optional<String> template, Consumer<String> lines) {
    requestLog.use(template, lines);
  }

  /** Takes what the cluster says of Revisions and their pods. */
  public RevisionListener revisions() {
    return throttler;
  }

  /**
   * Takes a pod's own word that it is ready, ahead of what the cluster says (ADR 0031). May be
   * called by any thread, and returns at once; of an unknown Revision it is ignored.
   *
   * @param pod where its queue-proxy serves
   */
  public void onPodReady(RevisionId revision, Address pod) {
    throttler.onPodReady(revision, pod);
  }

  /**
   * From now on it reaches pods so; at first {@link Addressing#DEFAULT}. Matters where a Service
   * has an address which can be dialled, or where a mesh is in between.
   */
  public void useAddressing(Addressing addressing) {
    throttler.useAddressing(addressing);
  }

  /** Takes what the cluster says of the encryption of the system's own hops. */
  public InternalTlsListener internalTls() {
    return tls;
  }

  /** Where it takes requests by TLS; connections are closed while it has no certificate. */
  public Address tlsAddress() {
    return tlsListener.address();
  }

  /** Where it listens; of several ports, the first. */
  public Address address() {
    return listeners.getFirst().address();
  }

  /**
   * Leaves in peace (data-plane spec §4.8): from now on the kubelet hears that it is not healthy;
   * after a while, in which others notice, it takes no more connections and lets what it has end.
   *
   * @param lameDuck how long it goes on as usual; 45 s in a cluster
   * @return done when the last connection is closed
   */
  public CompletionStage<Void> drain(Duration lameDuck) {
    health.leave();
    CompletableFuture<Void> drained = new CompletableFuture<>();
    engine
        .loops()
        .next()
        .schedule(
            () ->
                CompletableFuture.allOf(
                        listeners.stream()
                            .map(each -> each.drain().toCompletableFuture())
                            .toArray(CompletableFuture[]::new))
                    .whenComplete((_, _) -> drained.complete(null)),
            lameDuck.toNanos(),
            TimeUnit.NANOSECONDS);
    return drained.minimalCompletionStage();
  }

  /** Closes the ports and cuts what is open. */
  @Override
  public void close() {
    reporter.close();
    listeners.forEach(Listener::close);
    throttler.close();
  }

  /** What it counts, for whoever exports it (data-plane spec §6). */
  public Counts counts() {
    Map<RevisionId, Double> concurrency = reporter.lastConcurrency();
    return new Counts(
        throttler
            .all()
            .map(each ->
                new RevisionCounts(
                    each.revision(),
                    concurrency.getOrDefault(each.revision().id(), 0.0),
                    each.line().waiting(),
                    each.line().active()))
            .toList(),
        stats.reachable(),
        stats.errors());
  }

  /**
   * One look at an activator's counters.
   *
   * @param revisions per Revision, in no particular order
   * @param autoscalerReachable {@code kn.activator.stats.conn.reachable}
   * @param autoscalerErrors {@code kn.activator.stats.conn.errors}
   */
  public record Counts(
      List<RevisionCounts> revisions, boolean autoscalerReachable, long autoscalerErrors) {
    public Counts {
      revisions = List.copyOf(revisions);
    }
  }

  /**
   * One Revision's counters.
   *
   * @param revision whose
   * @param concurrency {@code kn.revision.request.concurrency}, as last reported
   * @param queued {@code kn.revision.request.queued}
   * @param active {@code kn.revision.request.active}
   */
  public record RevisionCounts(Revision revision, double concurrency, int queued, long active) {}
}
