package dev.bellows.dataplane.gateway;

import dev.bellows.core.route.Ingress.Visibility;
import dev.bellows.core.route.IngressListener;
import dev.bellows.core.route.InternalTlsListener;
import dev.bellows.dataplane.proxy.InternalTls;
import dev.bellows.dataplane.proxy.Listener;
import dev.bellows.dataplane.proxy.ProxyEngine;
import dev.bellows.dataplane.proxy.Stage;
import dev.bellows.dataplane.proxy.TlsSettings;
import dev.bellows.dataplane.telemetry.Attributes;
import dev.bellows.dataplane.telemetry.HttpTelemetry;
import dev.bellows.dataplane.telemetry.HttpTelemetry.SpanNames;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * The ingress: takes requests from outside and from other Services, and passes each to an address
 * of the Service that its host and path lead to. It follows KIngress and Endpoints as they are
 * told; when a telling returns, requests are routed by it.
 */
public final class Gateway {
  /** What is spoken with clients; older ones than these are refused (RFC 8996). */
  static final TlsSettings TLS =
      new TlsSettings(List.of("TLSv1.3", "TLSv1.2"), List.of(), List.of());

  private final Routes routes = new Routes();
  private final LongSupplier nanoTime;
  private final GatewayConfig config;
  private final Tally tally = new Tally();
  private final InternalTls tls = new InternalTls(TLS);
  private final HttpTelemetry telemetry =
      new HttpTelemetry(
          "dev.bellows/gateway",
          new SpanNames("", "", exchange -> "HTTP " + exchange.request().method().name()),
          exchange -> exchange.headers().contains("K-Network-Probe"),
          _ -> Attributes.NONE);
  private volatile int ownHttpsPort;

  /** A gateway as {@link GatewayConfig#DEFAULT} has it. */
  public Gateway(LongSupplier nanoTime) {
    this(nanoTime, GatewayConfig.DEFAULT);
  }

  /**
   * A gateway without routes and without a port.
   *
   * @param nanoTime monotonic clock
   */
  public Gateway(LongSupplier nanoTime, GatewayConfig config) {
    this.nanoTime = nanoTime;
    this.config = config;
  }

  /** Takes what the cluster says of KIngresses and Services. */
  public IngressListener routes() {
    return routes;
  }

  /** Measures and traces its requests, where told to. */
  public HttpTelemetry telemetry() {
    return telemetry;
  }

  /** Takes what the cluster says of the encryption of the system's own hops. */
  public InternalTlsListener internalTls() {
    return tls;
  }

  /**
   * Opens a port.
   *
   * @param engine carries the requests
   * @param ip literal to listen on
   * @param port to listen on; 0 = any free one
   * @param served whose rules this port answers for; both, where one port serves all
   * @throws IOException if the port cannot be opened
   */
  public Listener listen(ProxyEngine engine, String ip, int port, Set<Visibility> served)
      throws IOException {
    Listener listener = bind(engine, ip, port, served);
    listener.accept();
    return listener;
  }

  /**
   * As {@link #listen}, but takes no connection before {@link Listener#accept}: for whoever first
   * has to tell it where requests go.
   */
  public Listener bind(ProxyEngine engine, String ip, int port, Set<Visibility> served)
      throws IOException {
    return engine.bind(ip, port, chain(served, "http"));
  }

  /**
   * Opens a port for TLS, with the certificates that KIngresses name, chosen by the name that a
   * client asks for, and in it HTTP/1.1 or HTTP/2. It takes no connection before {@link
   * Listener#accept}. Redirects lead to the port that was opened last for rules from outside.
   */
  public Listener bindTls(ProxyEngine engine, String ip, int port, Set<Visibility> served)
      throws IOException {
    Listener listener = engine.bindTls(ip, port, chain(served, "https"), routes.certificates());
    if (served.contains(Visibility.EXTERNAL_IP)) {
      ownHttpsPort = listener.address().port();
    }
    return listener;
  }

  private int httpsPort() {
    return config.httpsPort().orElse(ownHttpsPort);
  }

  /** What a request meets, in travelling order. */
  private List<Stage> chain(Set<Visibility> served, String scheme) {
    List<Stage> chain = new ArrayList<>();
    chain.add(telemetry.stage(scheme)); // all of a request's time here
    config.accessLog().ifPresent(log -> chain.add(log.stage(scheme))); // sees it as it came
    chain.add(new RouteLookup(routes, Set.copyOf(served), tally)); // what follows is per route
    chain.add(new ProbeAnswer()); // after look-up: a probe asks whether its host is routed
    if (scheme.equals("http")) {
      chain.add(new Redirect(this::httpsPort)); // before anything is done for the request
    }
    chain.add(new EdgeHeaders(scheme)); // before the route's own headers, which have the last word
    chain.add(new BackendForward(tls, nanoTime, config.waitPage().map(WaitPage::new), tally));
    return chain;
  }

  /** How many requests ended how, since the start. */
  public Counts counts() {
    return new Counts(
        tally.forwarded.sum(),
        tally.notRouted.sum(),
        tally.unavailable.sum(),
        tally.unreachable.sum(),
        tally.retried.sum());
  }

  /** Hosts that are routed, over all visibilities. */
  public int hosts() {
    return routes.table().hosts(Set.of(Visibility.values()));
  }

  /**
   * One look at a gateway's counters.
   *
   * @param forwarded requests that an address took
   * @param notRouted requests for a host or path that leads nowhere: 404
   * @param unavailable requests for a Service without a ready address, or for a host whose Route is
   *     not ready: 503
   * @param unreachable requests that no address took: 502
   * @param retried times that another address was tried because one could not be reached
   */
  public record Counts(
      long forwarded, long notRouted, long unavailable, long unreachable, long retried) {}

  /** The counters behind {@link Counts}. */
  static final class Tally {
    final LongAdder forwarded = new LongAdder();
    final LongAdder notRouted = new LongAdder();
    final LongAdder unavailable = new LongAdder();
    final LongAdder unreachable = new LongAdder();
    final LongAdder retried = new LongAdder();
  }
}
