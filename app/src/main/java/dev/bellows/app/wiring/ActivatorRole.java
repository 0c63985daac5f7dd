package dev.bellows.app.wiring;

import dev.bellows.controlplane.ControlPlane;
import dev.bellows.controlplane.feed.RevisionFeed;
import dev.bellows.core.revision.RevisionId;
import dev.bellows.core.route.Address;
import dev.bellows.dataplane.activator.Activator;
import dev.bellows.dataplane.activator.ActivatorConfig;
import dev.bellows.dataplane.proxy.ProxyEngine;
import dev.bellows.dataplane.stats.StatClient;
import java.io.IOException;
import java.util.concurrent.ThreadLocalRandom;

/** An activator, told by the cluster of Revisions and their pods. It writes nothing. */
final class ActivatorRole implements AutoCloseable {
  private final Activator activator;

  private ActivatorRole(Activator activator) {
    this.activator = activator;
  }

  /**
   * Opens the port; it knows Revisions once the control plane has started.
   *
   * @param stats where it reports; not closed with it
   * @throws IOException if the port cannot be opened
   */
  static ActivatorRole open(
      ControlPlane controlPlane, ProxyEngine engine, ActivatorConfig config, StatClient stats)
      throws IOException {
    Activator activator =
        Activator.start(engine, config, stats, System::nanoTime, ThreadLocalRandom::current);
    new RevisionFeed(
        RevisionFeed.Views.watch(controlPlane.informers()),
        activator.revisions(),
        controlPlane.config(),
        controlPlane.surroundings().clusterIps());
    return new ActivatorRole(activator);
  }

  Address address() {
    return activator.address();
  }

  void onPodReady(RevisionId revision, Address pod) {
    activator.onPodReady(revision, pod);
  }

  Activator.Counts counts() {
    return activator.counts();
  }

  @Override
  public void close() {
    activator.close();
  }
}
