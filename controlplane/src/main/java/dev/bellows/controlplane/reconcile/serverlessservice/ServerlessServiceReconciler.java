package dev.bellows.controlplane.reconcile.serverlessservice;

import dev.bellows.api.networking.ServerlessService;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.Controller;
import dev.bellows.controlplane.reconcile.Outcome;
import dev.bellows.controlplane.reconcile.Reconciler;
import dev.bellows.controlplane.reconcile.WellKnown;
import dev.bellows.controlplane.reconcile.Writer;
import dev.bellows.controlplane.watch.Cluster;
import dev.bellows.controlplane.watch.Key;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Keeps the Services and public Endpoints of every ServerlessService as they should be. */
public final class ServerlessServiceReconciler implements Reconciler {
  private static final String ACTIVATOR_SERVICE = "activator-service";

  private final Cluster cluster;
  private final Writer writer;
  private final InstantSource clock;
  private final Key activatorService;

  /**
   * @param systemNamespace where the Endpoints of the activators are
   */
  public ServerlessServiceReconciler(
      Cluster cluster, Writer writer, InstantSource clock, String systemNamespace) {
    this.cluster = cluster;
    this.writer = writer;
    this.clock = clock;
    this.activatorService = new Key(systemNamespace, ACTIVATOR_SERVICE);
  }

  @Override
  public String name() {
    return "serverlessservice-controller";
  }

  /** What wakes a ServerlessService besides its own changes. */
  public void watch(Controller<ServerlessService> controller) {
    controller.wakeControllerOf(cluster.services());
    // Both Endpoints objects carry the label; the pods' one is made by another controller.
    cluster
        .endpoints()
        .onChange(change -> {
          String sks = Children.labels(change.object()).get(WellKnown.SERVERLESS_SERVICE);
          Key key = Key.of(change.object());
          if (sks != null) {
            controller.wake(new Key(key.namespace(), sks));
          } else if (key.equals(activatorService)) {
            cluster.serverlessServices().all().forEach(each -> controller.wake(Key.of(each)));
          }
        });
    // Its selector: the target may come after the ServerlessService.
    cluster
        .deployments()
        .onChange(change -> {
          String revision = Children.labels(change.object()).get(WellKnown.REVISION);
          if (revision != null) {
            Key key = new Key(Key.of(change.object()).namespace(), revision);
            if (cluster.serverlessServices().find(key).isPresent()
                && change instanceof dev.bellows.controlplane.watch.Change.Added<Deployment>) {
              controller.wake(key);
            }
          }
        });
  }

  @Override
  public Outcome reconcile(Key key) {
    Optional<ServerlessService> sks = cluster.serverlessServices().find(key);
    if (sks.isEmpty() || Children.isBeingDeleted(sks.get())) {
      return Outcome.done();
    }
    return ServerlessServicePlan.plan(observe(sks.get()), clock.instant()).applyWith(writer);
  }

  private Seen observe(ServerlessService sks) {
    Key publicKey = Key.of(sks);
    Key privateKey =
        new Key(publicKey.namespace(), ServerlessServicePlan.privateName(publicKey.name()));
    return new Seen(
        sks,
        target(publicKey.namespace(), sks.getSpec().objectRef()),
        cluster.services().find(privateKey),
        cluster.services().find(publicKey),
        cluster.endpoints().find(privateKey),
        cluster.endpoints().find(publicKey),
        cluster.endpoints().find(activatorService));
  }

  private Optional<Deployment> target(String namespace, @Nullable ObjectReference reference) {
    return reference == null
        ? Optional.empty()
        : cluster.deployments().find(namespace, reference.getName());
  }
}
