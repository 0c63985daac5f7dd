package dev.bellows.dataplane.gateway;

import dev.bellows.core.route.Ingress.Visibility;
import dev.bellows.core.route.IngressListener;
import dev.bellows.dataplane.proxy.Listener;
import dev.bellows.dataplane.proxy.ProxyEngine;
import dev.bellows.dataplane.proxy.Stage;
import java.io.IOException;
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
  private final Routes routes = new Routes();
  private final LongSupplier nanoTime;
  private final Tally tally = new Tally();

  /**
   * A gateway without routes and without a port.
   *
   * @param nanoTime monotonic clock
   */
  public Gateway(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** Takes what the cluster says of KIngresses and Services. */
  public IngressListener routes() {
    return routes;
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
    return engine.bind(ip, port, chain(Set.copyOf(served)));
  }

  /** What a request meets, in travelling order. */
  private List<Stage> chain(Set<Visibility> served) {
    return List.of(
        new RouteLookup(routes, served, tally), // what follows is per route
        new ProbeAnswer(), // after look-up: a probe asks whether its host is routed
        new EdgeHeaders(), // before the route's own headers, which have the last word
        new BackendForward(nanoTime, tally));
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
   * @param unavailable requests for a Service without a ready address: 503
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
