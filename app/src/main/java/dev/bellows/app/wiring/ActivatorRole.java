package dev.bellows.app.wiring;

import dev.bellows.api.config.ObservabilityConfig;
import dev.bellows.app.telemetry.RoleTelemetry;
import dev.bellows.app.telemetry.SystemMetrics;
import dev.bellows.controlplane.ControlPlane;
import dev.bellows.controlplane.feed.InternalTlsFeed;
import dev.bellows.controlplane.feed.RevisionFeed;
import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.route.Address;
import dev.bellows.dataplane.activator.Activator;
import dev.bellows.dataplane.activator.ActivatorConfig;
import dev.bellows.dataplane.activator.Addressing;
import dev.bellows.dataplane.activator.MeshCompatibility;
import dev.bellows.dataplane.proxy.ProxyEngine;
import dev.bellows.dataplane.requestlog.LogLines;
import dev.bellows.dataplane.requestlog.RequestLog;
import dev.bellows.dataplane.stats.StatClient;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

/** An activator, told by the cluster of Revisions and their pods. It writes nothing. */
final class ActivatorRole implements Role {
  private final Activator activator;

  private ActivatorRole(Activator activator) {
    this.activator = activator;
  }

  /**
   * Takes its ports; connections wait until {@link #run}.
   *
   * @param stats where it reports; not closed with it
   * @throws IOException if a port cannot be had
   */
  static ActivatorRole open(
      ControlPlane controlPlane, ProxyEngine engine, ActivatorConfig config, StatClient stats)
      throws IOException {
    Activator activator =
        Activator.bind(engine, config, stats, System::nanoTime, ThreadLocalRandom::current);
    new RevisionFeed(
        RevisionFeed.Views.watch(controlPlane.informers()),
        activator.revisions(),
        controlPlane.config(),
        controlPlane.surroundings().clusterIps());
    controlPlane
        .config()
        .onChange(changed ->
            activator.useAddressing(
                new Addressing(
                    switch (changed.network().meshCompatibilityMode()) {
                      case AUTO -> MeshCompatibility.AUTO;
                      case ENABLED -> MeshCompatibility.ENABLED;
                      case DISABLED -> MeshCompatibility.DISABLED;
                    },
                    changed.network().enableMeshPodAddressability())));
    Consumer<String> requestLines = new LogLines(System.out);
    controlPlane
        .config()
        .onChange(
            changed -> activator.useRequestLog(requestLog(changed.observability()), requestLines));
    new InternalTlsFeed(
        controlPlane.informers(),
        controlPlane.config(),
        controlPlane.surroundings().systemNamespace(),
        activator.internalTls());
    return new ActivatorRole(activator);
  }

  private static Optional<String> requestLog(ObservabilityConfig config) {
    if (!config.enableRequestLog()) {
      return Optional.empty();
    }
    String template = config.requestLogTemplate();
    return Optional.of(template.isEmpty() ? RequestLog.DEFAULT_TEMPLATE : template);
  }

  Address address() {
    return activator.address();
  }

  /** Where it takes requests by TLS. */
  Address tlsAddress() {
    return activator.tlsAddress();
  }

  void onPodReady(RevisionId revision, Address pod) {
    activator.onPodReady(revision, pod);
  }

  /** Takes connections, now that it knows Revisions. */
  @Override
  public void run() {
    activator.accept();
  }

  @Override
  public CompletionStage<Void> drain(Duration lameDuck) {
    return activator.drain(lameDuck);
  }

  @Override
  public SystemMetrics addTo(SystemMetrics page) {
    return page.activator(activator.counts());
  }

  @Override
  public List<RoleTelemetry.Observed> observed() {
    return List.of(
        new RoleTelemetry.Observed(
            activator.telemetry(), "activator", "knative.dev/serving/pkg/activator"));
  }

  @Override
  public String where() {
    return "requests at http://" + address();
  }

  @Override
  public void close() {
    activator.close();
  }
}
