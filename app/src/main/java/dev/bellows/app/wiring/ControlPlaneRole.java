package dev.bellows.app.wiring;

import dev.bellows.app.telemetry.HealthServer;
import dev.bellows.app.telemetry.SystemMetrics;
import dev.bellows.controlplane.ControlPlane;
import dev.bellows.controlplane.Serving;
import dev.bellows.controlplane.reconcile.revision.DigestResolver;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The reconcilers of serving, with a port at which a kubelet asks for them. */
final class ControlPlaneRole implements Role {
  private final HealthServer health;
  private final String where;
  private volatile boolean working;

  private ControlPlaneRole(String ip, int healthPort) throws IOException {
    this.health = HealthServer.start(ip, healthPort, () -> working);
    this.where = health.address().toString();
  }

  /**
   * Adds the reconcilers.
   *
   * @param digests knows images
   * @param ip literal to answer the kubelet on
   * @param healthPort to answer it on; 0 = any free one
   * @throws IOException if the port cannot be had
   */
  static ControlPlaneRole open(
      ControlPlane controlPlane, DigestResolver digests, String ip, int healthPort)
      throws IOException {
    ControlPlaneRole role = new ControlPlaneRole(ip, healthPort);
    new Serving(controlPlane, digests);
    return role;
  }

  @Override
  public void run() {
    working = true;
  }

  /** Passes that run end when the control plane is closed; nobody else waits for them. */
  @Override
  public CompletionStage<Void> drain(Duration lameDuck) {
    working = false;
    return CompletableFuture.completedStage(null);
  }

  @Override
  public SystemMetrics addTo(SystemMetrics page) {
    return page;
  }

  @Override
  public String where() {
    return "health at " + where;
  }

  @Override
  public void close() {
    health.close();
  }
}
