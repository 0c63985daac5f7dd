package dev.bellows.controlplane.reconcile.service;

import dev.bellows.api.serving.Service;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.Controller;
import dev.bellows.controlplane.reconcile.Outcome;
import dev.bellows.controlplane.reconcile.Reconciler;
import dev.bellows.controlplane.reconcile.RevisionNames;
import dev.bellows.controlplane.reconcile.Writer;
import dev.bellows.controlplane.watch.Cluster;
import dev.bellows.controlplane.watch.Key;
import java.time.InstantSource;
import java.util.Optional;

/** Keeps each Service's Configuration and Route in step with it. */
public final class ServiceReconciler implements Reconciler {
  private final Cluster cluster;
  private final Writer writer;
  private final InstantSource clock;

  public ServiceReconciler(Cluster cluster, Writer writer, InstantSource clock) {
    this.cluster = cluster;
    this.writer = writer;
    this.clock = clock;
  }

  @Override
  public String name() {
    return "service-controller";
  }

  /** What wakes a Service besides its own changes. */
  public void watch(Controller<Service> controller) {
    controller.wakeControllerOf(cluster.configurations());
    controller.wakeControllerOf(cluster.routes());
  }

  @Override
  public Outcome reconcile(Key key) {
    Optional<Service> service = cluster.knativeServices().find(key);
    if (service.isEmpty() || Children.isBeingDeleted(service.get())) {
      return Outcome.done();
    }
    return ServicePlan.plan(observe(key, service.get()), clock.instant())
        .applyWith(
            writer, (child, message) -> ServicePlan.creationRefused(service.get(), child, message));
  }

  private Seen observe(Key key, Service service) {
    return new Seen(
        service,
        cluster.configurations().find(key),
        cluster.routes().find(key),
        Optional.ofNullable(service.getSpec().template())
            .flatMap(RevisionNames::asked)
            .flatMap(name -> cluster.revisions().find(key.namespace(), name)));
  }
}
