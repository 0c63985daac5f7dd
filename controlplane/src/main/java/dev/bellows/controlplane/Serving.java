package dev.bellows.controlplane;

import dev.bellows.controlplane.bucket.Election;
import dev.bellows.controlplane.bucket.Owned;
import dev.bellows.controlplane.bucket.Ownership;
import dev.bellows.controlplane.reconcile.Controller;
import dev.bellows.controlplane.reconcile.Reconciler;
import dev.bellows.controlplane.reconcile.Writer;
import dev.bellows.controlplane.reconcile.certificate.NamespaceCertificateReconciler;
import dev.bellows.controlplane.reconcile.configuration.ConfigurationReconciler;
import dev.bellows.controlplane.reconcile.domainmapping.DomainMappingReconciler;
import dev.bellows.controlplane.reconcile.gc.GcReconciler;
import dev.bellows.controlplane.reconcile.labeler.LabelerReconciler;
import dev.bellows.controlplane.reconcile.revision.DigestResolver;
import dev.bellows.controlplane.reconcile.revision.RevisionReconciler;
import dev.bellows.controlplane.reconcile.route.RouteReconciler;
import dev.bellows.controlplane.reconcile.serverlessservice.ServerlessServiceReconciler;
import dev.bellows.controlplane.reconcile.service.ServiceReconciler;
import dev.bellows.controlplane.watch.Cluster;
import dev.bellows.controlplane.watch.LiveConfig;
import dev.bellows.controlplane.watch.Watched;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import java.time.InstantSource;

/**
 * The reconcilers of serving: what makes of a Service its Configuration, Route, Revisions and all
 * that is below them, but for scaling and routing. Made before its {@link ControlPlane} is started.
 */
public final class Serving {
  private final ControlPlane controlPlane;
  private final Election election;
  private final Controller<?> revisionController;

  /**
   * Adds every reconciler.
   *
   * @param controlPlane whose watches and writer are used
   * @param digests knows images
   * @param election which of them run here, if there are several control planes
   */
  public Serving(ControlPlane controlPlane, DigestResolver digests, Election election) {
    this.controlPlane = controlPlane;
    this.election = election;
    ControlPlaneConfig surroundings = controlPlane.surroundings();
    Cluster cluster = Cluster.watch(controlPlane.informers(), surroundings.systemNamespace());
    LiveConfig config = controlPlane.config();
    Writer writer = controlPlane.writer();
    InstantSource clock = controlPlane.clock();
    ServiceReconciler services = new ServiceReconciler(cluster, writer, clock);
    services.watch(add("service", services, cluster.knativeServices()));
    ConfigurationReconciler configurations = new ConfigurationReconciler(cluster, writer, clock);
    configurations.watch(add("configuration", configurations, cluster.configurations()));
    RevisionReconciler revisionReconciler =
        new RevisionReconciler(cluster, digests, config, writer, clock);
    var revisionController = add("revision", revisionReconciler, cluster.revisions());
    revisionReconciler.watch(revisionController);
    this.revisionController = revisionController;
    RouteReconciler routes =
        new RouteReconciler(cluster, config, writer, clock, surroundings.hostForm());
    var routeController = add("route", routes, cluster.routes());
    routes.watch(routeController);
    LabelerReconciler labeler = new LabelerReconciler(cluster, writer, clock);
    labeler.watch(add("labeler", labeler, cluster.routes()));
    ServerlessServiceReconciler serverlessServices =
        new ServerlessServiceReconciler(cluster, writer, clock, surroundings.systemNamespace());
    serverlessServices.watch(
        add("serverlessservice", serverlessServices, cluster.serverlessServices()));
    DomainMappingReconciler domainMappings =
        new DomainMappingReconciler(cluster, config, writer, clock, surroundings.hostForm());
    var domainMappingController = add("domainmapping", domainMappings, cluster.domainMappings());
    domainMappings.watch(domainMappingController);
    GcReconciler gc = new GcReconciler(cluster, config, writer, clock);
    var gcController = add("gc", gc, cluster.configurations());
    gc.watch(gcController);
    Watched<Namespace> namespaces = controlPlane.informers().watch(Namespace.class);
    NamespaceCertificateReconciler wildcards =
        new NamespaceCertificateReconciler(
            namespaces, cluster.certificates(), config, surroundings.clusterDomain(), writer);
    var wildcardController = add("nscert", wildcards, namespaces);
    wildcards.watch(wildcardController);
    config.onChange(changed -> {
      wildcardController.wakeAll();
      revisionController.wakeAll();
      routeController.wakeAll();
      gcController.wakeAll();
      domainMappingController.wakeAll();
    });
  }

  private <T extends HasMetadata> Controller<T> add(
      String name, Reconciler reconciler, Watched<T> kind) {
    Ownership ownership = election.of(name);
    Controller<T> controller = controlPlane.add(new Owned(reconciler, ownership, _ -> {}), kind);
    ownership.onChange(controller::wakeAll);
    return controller;
  }

  /** The images that are known have changed: Revisions that lack one look again. */
  public void imagesChanged() {
    revisionController.wakeAll();
  }
}
