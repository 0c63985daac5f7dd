package dev.bellows.app.wiring;

import dev.bellows.app.telemetry.HealthServer;
import dev.bellows.app.telemetry.RoleTelemetry;
import dev.bellows.app.telemetry.SystemMetrics;
import dev.bellows.controlplane.ControlPlane;
import dev.bellows.controlplane.NetworkingLayer;
import dev.bellows.controlplane.feed.InternalTlsFeed;
import dev.bellows.core.route.Address;
import dev.bellows.core.route.Ingress.Visibility;
import dev.bellows.dataplane.gateway.Gateway;
import dev.bellows.dataplane.gateway.GatewayConfig;
import dev.bellows.dataplane.proxy.Listener;
import dev.bellows.dataplane.proxy.ProxyEngine;
import java.io.IOException;
import java.net.BindException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** A gateway, told by the cluster where requests go; it writes the status of KIngresses. */
final class GatewayRole implements Role {
  private static final int HTTPS_PORT = 8443;

  private final ProxyEngine engine;
  private final Gateway gateway;
  private final Listener listener;
  private final Listener tlsListener;
  private final List<Listener> listeners = new ArrayList<>();
  private final Closing closing = new Closing();
  private volatile boolean working;

  private GatewayRole(ProxyEngine engine, Gateway gateway, Listener plain, Listener tls) {
    this.engine = engine;
    this.gateway = gateway;
    this.listener = plain;
    this.tlsListener = tls;
    listeners.add(plain);
    listeners.add(tls);
  }

  /**
   * Takes the ports, plain and with TLS; connections wait until {@link #run}.
   *
   * @param ip literal to listen on
   * @param port to listen on; 0 = any free one
   * @param served whose rules these ports answer for
   * @param httpsPort for TLS; 0 = any free one, empty = the usual one if it is free
   * @throws IOException if a port cannot be had
   */
  static GatewayRole bind(
      ProxyEngine engine,
      String ip,
      int port,
      Set<Visibility> served,
      OptionalInt httpsPort,
      GatewayConfig config)
      throws IOException {
    Gateway gateway = new Gateway(System::nanoTime, config);
    Listener plain = gateway.bind(engine, ip, port, served);
    try {
      return new GatewayRole(
          engine, gateway, plain, bindTls(gateway, engine, ip, httpsPort, served));
    } catch (IOException e) {
      plain.close();
      throw e;
    }
  }

  private static Listener bindTls(
      Gateway gateway, ProxyEngine engine, String ip, OptionalInt port, Set<Visibility> served)
      throws IOException {
    try {
      return gateway.bindTls(engine, ip, port.orElse(HTTPS_PORT), served);
    } catch (BindException e) {
      if (port.isPresent()) {
        throw e;
      }
      return gateway.bindTls(engine, ip, 0, served);
    }
  }

  /**
   * Takes a port for requests from inside the cluster, which may be for cluster-local hosts, too.
   *
   * @throws IOException if the port cannot be had
   */
  Address bindInside(String ip, int port) throws IOException {
    Listener inside = gateway.bind(engine, ip, port, EnumSet.allOf(Visibility.class));
    listeners.add(inside);
    return inside.address();
  }

  /**
   * Tells a kubelet, on a port of its own, whether it takes requests.
   *
   * @throws IOException if the port cannot be had
   */
  void answerKubelet(String ip, int port) throws IOException {
    closing.add(HealthServer.start(ip, port, () -> working));
  }

  /** Lets the cluster tell it where requests go. */
  void join(ControlPlane controlPlane) {
    new NetworkingLayer(controlPlane, gateway.routes());
    new InternalTlsFeed(
        controlPlane.informers(),
        controlPlane.config(),
        controlPlane.surroundings().systemNamespace(),
        gateway.internalTls());
  }

  /** Takes connections, now that the control plane has started and it knows its routes. */
  @Override
  public void run() {
    listeners.forEach(Listener::accept);
    working = true;
  }

  Address address() {
    return listener.address();
  }

  Address tlsAddress() {
    return tlsListener.address();
  }

  @Override
  public CompletionStage<Void> drain(Duration lameDuck) {
    working = false;
    return CompletableFuture.runAsync(
            () -> {}, CompletableFuture.delayedExecutor(lameDuck.toMillis(), TimeUnit.MILLISECONDS))
        .thenCompose(_ -> drainListeners());
  }

  private CompletionStage<Void> drainListeners() {
    return CompletableFuture.allOf(
        listeners.stream()
            .map(each -> each.drain().toCompletableFuture())
            .toArray(CompletableFuture<?>[]::new));
  }

  @Override
  public SystemMetrics addTo(SystemMetrics page) {
    return page.gateway(gateway.counts());
  }

  @Override
  public List<RoleTelemetry.Observed> observed() {
    return List.of(
        new RoleTelemetry.Observed(gateway.telemetry(), "gateway", "dev.bellows/gateway"));
  }

  @Override
  public String where() {
    return "services at http://" + address() + ", with TLS at https://" + tlsAddress();
  }

  @Override
  public void close() {
    listeners.forEach(Listener::close);
    closing.close();
  }
}
