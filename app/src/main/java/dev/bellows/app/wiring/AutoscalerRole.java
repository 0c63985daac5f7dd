package dev.bellows.app.wiring;

import dev.bellows.controlplane.Autoscaling;
import dev.bellows.controlplane.ControlPlane;
import dev.bellows.controlplane.reconcile.podautoscaler.ProbeAddresses;
import dev.bellows.core.route.Address;
import dev.bellows.dataplane.stats.StatServer;
import io.netty.channel.EventLoopGroup;
import java.util.random.RandomGenerator;

/** An autoscaler with the socket at which activators report to it. */
final class AutoscalerRole implements AutoCloseable {
  private final StatServer server;
  private final Autoscaling autoscaling;

  private AutoscalerRole(StatServer server, Autoscaling autoscaling) {
    this.server = server;
    this.autoscaling = autoscaling;
  }

  /**
   * Opens the port; nothing is decided before {@link #run}.
   *
   * @param ip literal to listen on
   * @param port to listen on; 0 = any free one
   * @param activators where to ask for them
   */
  static AutoscalerRole open(
      ControlPlane controlPlane,
      EventLoopGroup loops,
      String ip,
      int port,
      ProbeAddresses activators) {
    Autoscaling autoscaling =
        new Autoscaling(controlPlane, activators, RandomGenerator.getDefault());
    StatServer server =
        StatServer.start(
            loops,
            ip,
            port,
            _ -> true,
            controlPlane.clock(),
            messages -> messages.forEach(autoscaling::record));
    return new AutoscalerRole(server, autoscaling);
  }

  /** Scrapes and decides, once the control plane has started. */
  void run() {
    autoscaling.start();
  }

  Address address() {
    return server.address();
  }

  Autoscaling autoscaling() {
    return autoscaling;
  }

  @Override
  public void close() {
    server.close();
    autoscaling.close();
  }
}
