package dev.bellows.app.wiring;

import dev.bellows.app.telemetry.HealthServer;
import dev.bellows.app.telemetry.SystemMetrics;
import dev.bellows.controlplane.ControlPlane;
import dev.bellows.controlplane.Serving;
import dev.bellows.controlplane.bucket.ElectionByLeases;
import dev.bellows.controlplane.reconcile.revision.DigestResolver;
import dev.bellows.controlplane.webhook.Webhooks;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The reconcilers of serving and, where an API server is to ask for them, the webhooks; with a port
 * at which a kubelet asks.
 */
final class ControlPlaneRole implements Role {
  private final HealthServer health;
  private final Optional<Webhooks> webhooks;
  private final ElectionByLeases election;
  private volatile boolean working;

  private ControlPlaneRole(
      String ip, int healthPort, Optional<Webhooks> webhooks, ElectionByLeases election)
      throws IOException {
    this.webhooks = webhooks;
    this.election = election;
    this.health =
        HealthServer.start(
            ip, healthPort, () -> working && webhooks.map(Webhooks::areAnswering).orElse(true));
  }

  /**
   * Adds the reconcilers.
   *
   * @param digests knows images
   * @param election which of the reconcilers run here; closed with it
   * @param ip literal to answer the kubelet on
   * @param healthPort to answer it on; 0 = any free one
   * @param webhookPort where an API server asks for admission; 0 = any free one, empty = nowhere
   * @throws IOException if a port cannot be had
   */
  static ControlPlaneRole open(
      ControlPlane controlPlane,
      DigestResolver digests,
      ElectionByLeases election,
      String ip,
      int healthPort,
      OptionalInt webhookPort)
      throws IOException {
    Optional<Webhooks> webhooks = Optional.empty();
    if (webhookPort.isPresent()) {
      webhooks =
          Optional.of(
              Webhooks.open(
                  controlPlane,
                  new InetSocketAddress(InetAddress.ofLiteral(ip), webhookPort.getAsInt())));
    }
    ControlPlaneRole role = new ControlPlaneRole(ip, healthPort, webhooks, election);
    new Serving(controlPlane, digests, election);
    return role;
  }

  @Override
  public void run() {
    election.start();
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
    return "health at "
        + health.address()
        + webhooks.map(each -> "; webhooks at " + each.address()).orElse("");
  }

  @Override
  public void close() {
    health.close();
    election.close();
    webhooks.ifPresent(Webhooks::close);
  }
}
