package dev.bellows.dataplane.queueproxy;

import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.route.Address;
import dev.bellows.core.stat.RequestReport;
import dev.bellows.core.stat.StatReporter;
import dev.bellows.core.stat.StatWire;
import dev.bellows.dataplane.probe.Prober;
import dev.bellows.dataplane.proxy.Answer;
import dev.bellows.dataplane.proxy.Exchange;
import dev.bellows.dataplane.proxy.Listener;
import dev.bellows.dataplane.proxy.ProxyEngine;
import dev.bellows.dataplane.proxy.Stage;
import dev.bellows.dataplane.proxy.TimeoutStage;
import dev.bellows.dataplane.requestlog.RequestLog;
import dev.bellows.dataplane.requestlog.TemplateException;
import dev.bellows.dataplane.telemetry.Histogram;
import dev.bellows.dataplane.telemetry.HttpTelemetry;
import dev.bellows.dataplane.telemetry.PrometheusPage;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The queue-proxy of one pod, while the pod is there. */
public final class QueueProxyHandle implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(QueueProxyHandle.class);

  private static final int METRICS_PORT = 9090;
  private static final int ADMIN_PORT = 8022;
  private static final int REQUEST_METRICS_PORT = 9091;
  private static final Duration REPORTING_PERIOD = Duration.ofSeconds(1);

  /** How the pod's listeners are opened. */
  @FunctionalInterface
  interface Opening {
    /**
     * Listens there, or on another port of that address.
     *
     * @throws IOException if it cannot
     */
    Listener listen(String ip, int port, List<Stage> chain) throws IOException;
  }

  private final QueueProxyConfig config;
  private final LongSupplier nanoClock;
  private final long startNanos;
  private final Meter meter;
  private final RequestMetrics requestMetrics = new RequestMetrics();
  private final PodTelemetry telemetry;
  private final Readiness readiness;
  private final Drain drain;
  private final List<Stage> chain;
  private final Listener serving;
  private final Listener metrics;
  private final Listener admin;
  private final List<Listener> others;
  private final Future<?> reporting;
  private final StatReporter reporter;
  private final List<Listener> furtherServing = new CopyOnWriteArrayList<>();
  private final CompletableFuture<Void> drained = new CompletableFuture<>();
  private volatile Optional<TlsServing> tls = Optional.empty();
  private volatile byte[] stat;

  /**
   * Opens a pod's listeners; it serves from then on.
   *
   * @param opening how, above all what becomes of a port that is taken
   * @param requestLines takes the lines of the request log; must not block
   * @param whenReady told once that the user containers have become ready, and where the pod serves
   */
  QueueProxyHandle(
      QueueProxyConfig config,
      Opening opening,
      EventLoop loop,
      Prober prober,
      LongSupplier nanoClock,
      BiConsumer<RevisionId, Address> whenReady,
      Consumer<String> requestLines)
      throws IOException {
    this.config = config;
    this.nanoClock = nanoClock;
    this.startNanos = nanoClock.getAsLong();
    this.meter = new Meter(config.containerConcurrency(), nanoClock);
    this.readiness = new Readiness(config.readiness(), prober, loop);
    this.drain = new Drain(loop, nanoClock, config.drainQuiet(), meter::inFlight, this::onQuiet);
    this.reporter = new StatReporter(config.pod().name(), REPORTING_PERIOD.toSeconds());
    this.stat = StatWire.encode(reporter.beforeFirstReport());
    CompletionStage<Boolean> first = ready(); // while the listeners are being opened
    this.telemetry =
        new PodTelemetry(
            config.observability(),
            config.pod(),
            loop,
            requestMetrics::snapshot,
            () ->
                config.containerConcurrency() > 0
                    ? OptionalInt.of(meter.queueDepth())
                    : OptionalInt.empty(),
            requestLines);
    this.chain = chain(requestLines);
    List<Listener> opened = new ArrayList<>();
    try {
      String ip = config.listenIp();
      opened.add(opening.listen(ip, config.servingPort(), chain));
      Address here = opened.getFirst().address();
      first.thenAccept(ready -> {
        if (ready) {
          whenReady.accept(config.pod().revision(), here);
        }
      });
      opened.add(opening.listen(ip, METRICS_PORT, List.of(this::answerScrape)));
      opened.add(opening.listen(ip, ADMIN_PORT, List.of(this::answerWaitForDrain)));
      if (config.observability().requestMetrics().toPrometheus()) {
        opened.add(opening.listen(ip, REQUEST_METRICS_PORT, List.of(this::answerPrometheus)));
      }
    } catch (IOException e) {
      opened.forEach(Listener::close);
      telemetry.close();
      throw e;
    }
    this.serving = opened.get(0);
    this.metrics = opened.get(1);
    this.admin = opened.get(2);
    this.others = List.copyOf(opened.subList(3, opened.size()));
    this.reporting =
        loop.scheduleAtFixedRate(
            this::report,
            REPORTING_PERIOD.toMillis(),
            REPORTING_PERIOD.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  /** A request's way, outermost first (data-plane spec §3.1). */
  private List<Stage> chain(Consumer<String> requestLines) {
    List<Stage> chain = new ArrayList<>();
    telemetry.stage().ifPresent(chain::add); // all of a request's time in the pod
    if (config.observability().logsAnything()) {
      addRequestLog(chain, requestLines);
    }
    chain.addAll(work());
    return chain;
  }

  private void addRequestLog(List<Stage> chain, Consumer<String> lines) {
    PodIdentity pod = config.pod();
    boolean probes = config.observability().enableProbeRequestLog();
    Map<String, String> revision =
        Map.of(
            "Name", pod.revision().name(),
            "Namespace", pod.revision().namespace(),
            "Service", pod.service(),
            "Configuration", pod.configuration(),
            "PodName", pod.name(),
            "PodIP", pod.ip());
    try {
      chain.add(
          new RequestLog(
              config.observability().requestLogTemplate(),
              exchange -> probes || !RequestHeaders.anyProbe(exchange.headers()),
              _ -> revision,
              RequestLog::traceId,
              lines));
    } catch (TemplateException e) {
      // As the original: a mistake in a log's form is no reason not to serve.
      LOG.error("there is no request log, its template cannot be read: {}", e.getMessage());
    }
  }

  private List<Stage> work() {
    return List.of(
        // Before anything counts or waits: a probe asks about the pod and is no work of it.
        new ProbeStage(drain, readiness),
        // Before whatever may make it wait: waiting is part of what the user is promised a limit
        // on.
        new TimeoutStage(exchange -> config.timeouts(), "request timeout"),
        // While X-Forwarded-For says who came to this pod, before the pod adds its own peer.
        new ForwardedShim(),
        // Counts demand, then admits: what is reported includes who waits.
        meter,
        // After admission: the user's container is not to blame for the wait.
        requestMetrics,
        // The user container; the port of the target says which of its processes.
        exchange -> {
          HttpTelemetry.calls(exchange, config.userTarget());
          exchange.forward(config.userTarget());
        });
  }

  private void answerScrape(Exchange exchange) {
    exchange.answer(
        HttpTelemetry.path(exchange).equals("/metrics")
            ? Answer.bytes(200, "application/protobuf", stat)
            : Answer.error(404, "404 page not found"));
  }

  private void answerPrometheus(Exchange exchange) {
    exchange.answer(
        HttpTelemetry.path(exchange).equals("/metrics")
            ? Answer.bytes(200, PrometheusPage.CONTENT_TYPE, telemetry.page())
            : Answer.error(404, "404 page not found"));
  }

  private void answerWaitForDrain(Exchange exchange) {
    if (!HttpTelemetry.path(exchange).equals("/wait-for-drain")) {
      exchange.answer(Answer.error(404, "404 page not found"));
      return;
    }
    drain.await(() -> exchange.loop().execute(() -> exchange.answer(Answer.empty(200))));
  }

  private void report() {
    RequestReport report = meter.report();
    Duration uptime = Duration.ofNanos(nanoClock.getAsLong() - startNanos);
    stat = StatWire.encode(reporter.stat(report, uptime));
  }

  /**
   * Serves at another port of its address, too; that ends with the rest.
   *
   * @param opening how that port is listened on
   * @throws IOException if it cannot be
   */
  Listener alsoListen(Opening opening, int port) throws IOException {
    Listener listener = opening.listen(config.listenIp(), port, chain);
    furtherServing.add(listener);
    return listener;
  }

  /**
   * Serves by TLS as well, if there is a certificate.
   *
   * @param engine that of the other listeners
   * @param directory with {@code tls.crt} and {@code tls.key}
   * @throws IOException if the files cannot be used or the port cannot be had
   */
  void openTls(ProxyEngine engine, Path directory, Logger log) throws IOException {
    tls = TlsServing.open(engine, this, directory, log);
  }

  /** Where requests for the pod go by TLS, if it has a certificate. */
  public Optional<Address> servingTls() {
    return tls.map(each -> each.listener().address());
  }

  private void onQuiet() {
    CompletableFuture.allOf(
            Stream.concat(Stream.of(serving), furtherServing.stream())
                .map(each -> each.drain().toCompletableFuture())
                .toArray(CompletableFuture[]::new))
        .thenRun(() -> drained.complete(null));
  }

  /** Where requests for the pod go. */
  public Address serving() {
    return serving.address();
  }

  /** Where the autoscaler scrapes the pod's Stat. */
  public Address metrics() {
    return metrics.address();
  }

  /** Where Prometheus reads the request metrics, if it is asked to. */
  Optional<Address> requestMetrics() {
    return others.stream().map(Listener::address).findFirst();
  }

  /** Where {@code /wait-for-drain} is. */
  public Address admin() {
    return admin.address();
  }

  /** What it was attached with. */
  public QueueProxyConfig config() {
    return config;
  }

  /**
   * Runs the user containers' readiness probes, or joins the run in progress.
   *
   * @return whether they pass and the pod is not draining; never completes exceptionally
   */
  public CompletionStage<Boolean> ready() {
    return readiness.check().thenApply(passed -> passed && !drain.inProgress());
  }

  /** Requests in the pod, running and waiting. */
  public long inFlight() {
    return meter.inFlight();
  }

  /** Requests that the breaker limits, running and waiting; {@code kn.serving.queue.depth}. */
  public int queueDepth() {
    return meter.queueDepth();
  }

  /** How long the user container took, by status; {@code kn.serving.invocation.duration}. */
  public SortedMap<Integer, Histogram.Snapshot> invocationDurations() {
    return requestMetrics.snapshot();
  }

  /**
   * Begins the pod's end, as SIGTERM does in a container of its own: probes fail from now on,
   * requests are served until none has come for a while, and then those in progress are finished.
   *
   * @return done when the last one is; never completes exceptionally. Called again, it joins
   */
  public CompletionStage<Void> drain() {
    drain.terminate();
    return drained.minimalCompletionStage();
  }

  /**
   * Closes the port that told of the drain, once those who waited for it have been told.
   *
   * @return done when they have taken it; never completes exceptionally
   */
  CompletionStage<Void> farewell() {
    return admin.drain();
  }

  /**
   * Brings away what was measured and traced and has not been yet.
   *
   * @return done when it has arrived, or has not; never completes exceptionally
   */
  CompletionStage<Void> flushTelemetry() {
    return telemetry.flush();
  }

  /** Ends at once: listeners and connections close, requests in progress are cut. */
  @Override
  public void close() {
    reporting.cancel(false);
    telemetry.close();
    drain.close();
    serving.close();
    tls.ifPresent(TlsServing::close);
    furtherServing.forEach(Listener::close);
    metrics.close();
    admin.close();
    others.forEach(Listener::close);
    drained.complete(null);
  }
}
