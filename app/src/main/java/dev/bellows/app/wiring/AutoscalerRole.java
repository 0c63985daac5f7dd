package dev.bellows.app.wiring;

import dev.bellows.app.telemetry.SystemMetrics;
import dev.bellows.controlplane.Autoscaling;
import dev.bellows.controlplane.ControlPlane;
import dev.bellows.controlplane.reconcile.podautoscaler.ProbeAddresses;
import dev.bellows.core.route.Address;
import dev.bellows.dataplane.stats.StatServer;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;

/** An autoscaler with the socket at which activators report to it. */
final class AutoscalerRole implements Role {
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
   * @throws IOException if the port cannot be opened
   */
  static AutoscalerRole open(
      ControlPlane controlPlane,
      EventLoopGroup loops,
      String ip,
      int port,
      ProbeAddresses activators)
      throws IOException {
    Autoscaling autoscaling =
        new Autoscaling(controlPlane, activators, RandomGenerator.getDefault());
    try {
      StatServer server =
          StatServer.start(
              loops,
              ip,
              port,
              _ -> true,
              controlPlane.clock(),
              messages -> messages.forEach(autoscaling::record));
      return new AutoscalerRole(server, autoscaling);
    } catch (IOException e) {
      autoscaling.close();
      throw e;
    }
  }

  /** Scrapes and decides. */
  @Override
  public void run() {
    autoscaling.start();
  }

  Address address() {
    return server.address();
  }

  /** Nobody waits for a decision: who reports is told to look for another when this is closed. */
  @Override
  public CompletionStage<Void> drain(Duration lameDuck) {
    return CompletableFuture.completedStage(null);
  }

  @Override
  public SystemMetrics addTo(SystemMetrics page) {
    return page.decisions(autoscaling.decisionGauges()).pods(autoscaling.podGauges());
  }

  @Override
  public String where() {
    return "statistics at ws://" + address();
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
