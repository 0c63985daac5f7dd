package dev.bellows.controlplane;

import dev.bellows.controlplane.feed.IngressFeed;
import dev.bellows.controlplane.feed.RevisionFeed;
import dev.bellows.controlplane.reconcile.ApiWriter;
import dev.bellows.controlplane.reconcile.Controller;
import dev.bellows.controlplane.reconcile.EventRecorder;
import dev.bellows.controlplane.reconcile.Reconciler;
import dev.bellows.controlplane.reconcile.Writer;
import dev.bellows.controlplane.reconcile.configuration.ConfigurationReconciler;
import dev.bellows.controlplane.reconcile.domainmapping.DomainMappingReconciler;
import dev.bellows.controlplane.reconcile.gc.GcReconciler;
import dev.bellows.controlplane.reconcile.ingress.IngressReconciler;
import dev.bellows.controlplane.reconcile.labeler.LabelerReconciler;
import dev.bellows.controlplane.reconcile.revision.DigestResolver;
import dev.bellows.controlplane.reconcile.revision.RevisionReconciler;
import dev.bellows.controlplane.reconcile.route.RouteReconciler;
import dev.bellows.controlplane.reconcile.serverlessservice.ServerlessServiceReconciler;
import dev.bellows.controlplane.reconcile.service.ServiceReconciler;
import dev.bellows.controlplane.watch.Cluster;
import dev.bellows.controlplane.watch.Informers;
import dev.bellows.controlplane.watch.LiveConfig;
import dev.bellows.controlplane.watch.Watched;
import dev.bellows.core.route.IngressListener;
import dev.bellows.core.route.RevisionListener;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/**
 * The control plane of one process: one watch per kind, the reconcilers of serving, and the feeds
 * of the data plane. Made, perhaps added to ({@link #add}), started, closed.
 */
public final class ControlPlane implements AutoCloseable {
  /** How long listing everything may take at start. */
  private static final Duration START_LIMIT = Duration.ofSeconds(30);

  private final ControlPlaneConfig config;
  private final Informers informers;
  private final Cluster cluster;
  private final LiveConfig liveConfig;
  private final EventRecorder events;
  private final Writer writer;
  private final InstantSource clock;
  private final List<Controller<?>> controllers = new ArrayList<>();
  private final Controller<?> revisionController;

  /**
   * Wires everything; nothing is read or written before {@link #start}.
   *
   * @param client stays the caller's, who closes it after this
   * @param digests knows images
   * @param revisions the activator, told of Revisions and their pods
   * @param ingresses the gateway, told of KIngresses of its class and their Services
   * @param clock stamps conditions and Events
   */
  public ControlPlane(
      KubernetesClient client,
      ControlPlaneConfig config,
      DigestResolver digests,
      RevisionListener revisions,
      IngressListener ingresses,
      InstantSource clock) {
    this.config = config;
    this.clock = clock;
    this.informers = new Informers(client);
    this.cluster = Cluster.watch(informers, config.systemNamespace());
    this.liveConfig = new LiveConfig(cluster.configMaps());
    this.events = new EventRecorder(client, config.component(), clock);
    this.writer = new ApiWriter(client, events);
    // The feeds first: of two who hear of a change, the one that requests wait for is told first.
    new RevisionFeed(cluster, revisions, liveConfig, config.clusterIps());
    IngressFeed ingressFeed =
        new IngressFeed(cluster, ingresses, config.ingressClass(), config.clusterDomain());

    ServiceReconciler services = new ServiceReconciler(cluster, writer, clock);
    services.watch(add(services, cluster.knativeServices()));
    ConfigurationReconciler configurations = new ConfigurationReconciler(cluster, writer, clock);
    configurations.watch(add(configurations, cluster.configurations()));
    RevisionReconciler revisionReconciler =
        new RevisionReconciler(cluster, digests, liveConfig, writer, clock);
    var revisionController = add(revisionReconciler, cluster.revisions());
    revisionReconciler.watch(revisionController);
    this.revisionController = revisionController;
    RouteReconciler routes =
        new RouteReconciler(cluster, liveConfig, writer, clock, config.clusterDomain());
    var routeController = add(routes, cluster.routes());
    routes.watch(routeController);
    LabelerReconciler labeler = new LabelerReconciler(cluster, writer, clock);
    labeler.watch(add(labeler, cluster.routes()));
    ServerlessServiceReconciler serverlessServices =
        new ServerlessServiceReconciler(cluster, writer, clock, config.systemNamespace());
    serverlessServices.watch(add(serverlessServices, cluster.serverlessServices()));
    IngressReconciler ingressReconciler =
        new IngressReconciler(cluster, ingressFeed, writer, clock, config.gatewayHost());
    ingressReconciler.watch(add(ingressReconciler, cluster.ingresses()));
    DomainMappingReconciler domainMappings =
        new DomainMappingReconciler(cluster, liveConfig, writer, clock, config.clusterDomain());
    var domainMappingController = add(domainMappings, cluster.domainMappings());
    domainMappings.watch(domainMappingController);
    GcReconciler gc = new GcReconciler(cluster, liveConfig, writer, clock);
    var gcController = add(gc, cluster.configurations());
    gc.watch(gcController);
    liveConfig.onChange(changed -> {
      revisionController.wakeAll();
      routeController.wakeAll();
      gcController.wakeAll();
      domainMappingController.wakeAll();
    });
  }

  /**
   * Adds a reconciler, which runs from {@link #start} on.
   *
   * @param kind whose keys it gets: any of {@link #cluster} or {@link #watch}
   * @return its controller, to name what else wakes it
   */
  public <T extends HasMetadata> Controller<T> add(Reconciler reconciler, Watched<T> kind) {
    Controller<T> controller = new Controller<>(reconciler, kind, writer, System::nanoTime);
    controllers.add(controller);
    return controller;
  }

  /** All objects of a kind, also one that {@link #cluster} does not have; before start only. */
  public <T extends HasMetadata> Watched<T> watch(Class<T> type) {
    return informers.watch(type);
  }

  /** What is seen of the cluster. */
  public Cluster cluster() {
    return cluster;
  }

  /** The settings now in force. */
  public LiveConfig config() {
    return liveConfig;
  }

  /** Where plans are applied. */
  public Writer writer() {
    return writer;
  }

  /** What stamps conditions. */
  public InstantSource clock() {
    return clock;
  }

  /** The images that are known have changed: Revisions that lack one look again. */
  public void imagesChanged() {
    revisionController.wakeAll();
  }

  /**
   * Lists and watches every kind, all at once, then starts the reconcilers.
   *
   * @throws IllegalStateException naming the kinds that cannot be watched
   */
  public void start() throws InterruptedException {
    informers.start(START_LIMIT);
    controllers.forEach(controller -> controller.start(config.workers()));
  }

  /** Ends all passes and watches. */
  @Override
  public void close() {
    controllers.forEach(Controller::close);
    informers.close();
    events.close();
  }
}
