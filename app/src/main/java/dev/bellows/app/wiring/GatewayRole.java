package dev.bellows.app.wiring;

import dev.bellows.controlplane.ControlPlane;
import dev.bellows.controlplane.NetworkingLayer;
import dev.bellows.core.route.Address;
import dev.bellows.core.route.Ingress.Visibility;
import dev.bellows.dataplane.gateway.Gateway;
import dev.bellows.dataplane.proxy.Listener;
import dev.bellows.dataplane.proxy.ProxyEngine;
import java.io.IOException;
import java.util.EnumSet;
import java.util.concurrent.CompletionStage;

/** A gateway, told by the cluster where requests go; it writes the status of KIngresses. */
final class GatewayRole implements AutoCloseable {
  private final Gateway gateway;
  private final Listener listener;

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

  /** Lets the cluster tell it where requests go. */
  void join(ControlPlane controlPlane) {
    new NetworkingLayer(controlPlane, gateway.routes());
  }

  /** Takes connections, now that the control plane has started and it knows its routes. */
  void run() {
    listener.accept();
  }

  Address address() {
    return listener.address();
  }

  Gateway.Counts counts() {
    return gateway.counts();
  }

  /** Takes no more connections and lets what it has end. */
  CompletionStage<Void> drain() {
    return listener.drain();
  }

  @Override
  public void close() {
    listener.close();
  }
}
