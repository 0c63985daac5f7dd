package dev.bellows.app.wiring;

import dev.bellows.app.telemetry.HealthServer;
import dev.bellows.app.telemetry.SystemMetrics;
import dev.bellows.controlplane.ControlPlane;
import dev.bellows.controlplane.NetworkingLayer;
import dev.bellows.core.route.Address;
import dev.bellows.core.route.Ingress.Visibility;
import dev.bellows.dataplane.gateway.Gateway;
import dev.bellows.dataplane.proxy.Listener;
import dev.bellows.dataplane.proxy.ProxyEngine;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** A gateway, told by the cluster where requests go; it writes the status of KIngresses. */
final class GatewayRole implements Role {
  private final Gateway gateway;
  private final Listener listener;
  private final Closing closing = new Closing();
  private volatile boolean working;

  private GatewayRole(Gateway gateway, Listener listener) {
    this.gateway = gateway;
    this.listener = listener;
  }

  /**
   * Takes the port; connections wait until {@link #run}.
   *
   * @param ip literal to listen on
   * @param port to listen on; 0 = any free one
   * @throws IOException if the port cannot be had
   */
  static GatewayRole bind(ProxyEngine engine, String ip, int port) throws IOException {
    Gateway gateway = new Gateway(System::nanoTime);
    return new GatewayRole(
        gateway, gateway.bind(engine, ip, port, EnumSet.allOf(Visibility.class)));
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
  }

  /** Takes connections, now that the control plane has started and it knows its routes. */
  @Override
  public void run() {
    listener.accept();
    working = true;
  }

  Address address() {
    return listener.address();
  }

  @Override
  public CompletionStage<Void> drain(Duration lameDuck) {
    working = false;
    return CompletableFuture.runAsync(
            () -> {}, CompletableFuture.delayedExecutor(lameDuck.toMillis(), TimeUnit.MILLISECONDS))
        .thenCompose(_ -> listener.drain());
  }

  @Override
  public SystemMetrics addTo(SystemMetrics page) {
    return page.gateway(gateway.counts());
  }

  @Override
  public String where() {
    return "services at http://" + address();
  }

  @Override
  public void close() {
    listener.close();
    closing.close();
  }
}
