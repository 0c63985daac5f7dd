package dev.bellows.controlplane.reconcile.configuration;

import dev.bellows.api.serving.Configuration;
import dev.bellows.api.serving.RevisionTemplateSpec;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.Controller;
import dev.bellows.controlplane.reconcile.Outcome;
import dev.bellows.controlplane.reconcile.Reconciler;
import dev.bellows.controlplane.reconcile.RevisionNames;
import dev.bellows.controlplane.reconcile.Writer;
import dev.bellows.controlplane.watch.Cluster;
import dev.bellows.controlplane.watch.Key;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/** Makes a Revision of each new template of a Configuration. */
public final class ConfigurationReconciler implements Reconciler {
  private final Cluster cluster;
  private final Writer writer;
  private final InstantSource clock;

  public ConfigurationReconciler(Cluster cluster, Writer writer, InstantSource clock) {
    this.cluster = cluster;
    this.writer = writer;
    this.clock = clock;
  }

  @Override
  public String name() {
    return "configuration-controller";
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
    Seen seen = observe(configuration.get());
    Instant now = clock.instant();
    return ConfigurationPlan.plan(seen, now)
        .applyWith(writer, (_, message) -> ConfigurationPlan.creationRefused(seen, now, message));
  }

  private Seen observe(Configuration configuration) {
    RevisionTemplateSpec template = configuration.getSpec().template();
    return new Seen(
        configuration,
        cluster.revisions().controlledBy(configuration.getMetadata().getUid()),
        Optional.ofNullable(template)
            .flatMap(RevisionNames::asked)
            .flatMap(name ->
                cluster.revisions().find(configuration.getMetadata().getNamespace(), name)));
  }
}
