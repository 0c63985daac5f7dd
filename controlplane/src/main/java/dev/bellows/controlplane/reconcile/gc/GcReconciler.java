package dev.bellows.controlplane.reconcile.gc;

import dev.bellows.api.config.SystemConfig;
import dev.bellows.api.serving.Configuration;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.Controller;
import dev.bellows.controlplane.reconcile.Outcome;
import dev.bellows.controlplane.reconcile.Reconciler;
import dev.bellows.controlplane.reconcile.Writer;
import dev.bellows.controlplane.watch.Cluster;
import dev.bellows.controlplane.watch.Key;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Supplier;

/** Deletes each Configuration's Revisions that need not be kept any longer. */
public final class GcReconciler implements Reconciler {
  private final Cluster cluster;
  private final Supplier<SystemConfig> config;
  private final Writer writer;
  private final InstantSource clock;

  /**
   * @param config the settings now in force
   */
  public GcReconciler(
      Cluster cluster, Supplier<SystemConfig> config, Writer writer, InstantSource clock) {
    this.cluster = cluster;
    this.config = config;
    this.writer = writer;
    this.clock = clock;
  }

  @Override
  public String name() {
    return "revision-gc-controller";
  }

  /** What wakes a Configuration besides its own changes. */
  public void watch(Controller<Configuration> controller) {
    controller.wakeControllerOf(cluster.revisions());
  }

  @Override
  public Outcome reconcile(Key key) {
    Optional<Configuration> configuration = cluster.configurations().find(key);
    if (configuration.isEmpty() || Children.isBeingDeleted(configuration.get())) {
      return Outcome.done();
    }
    return GcPlan.plan(
            configuration.get(),
            cluster.revisions().controlledBy(configuration.get().getMetadata().getUid()),
            config.get().gc().retention(),
            clock.instant())
        .applyWith(writer);
  }
}
