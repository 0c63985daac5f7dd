package dev.bellows.controlplane.reconcile.revision;

import dev.bellows.api.config.SystemConfig;
import dev.bellows.api.serving.Revision;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.Controller;
import dev.bellows.controlplane.reconcile.Outcome;
import dev.bellows.controlplane.reconcile.Reconciler;
import dev.bellows.controlplane.reconcile.WellKnown;
import dev.bellows.controlplane.reconcile.Writer;
import dev.bellows.controlplane.reconcile.revision.DigestResolver.Resolution;
import dev.bellows.controlplane.watch.Cluster;
import dev.bellows.controlplane.watch.Key;
import dev.bellows.controlplane.watch.Watched;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Makes a Deployment and a PodAutoscaler of each Revision and reports how it fares. */
public final class RevisionReconciler implements Reconciler {
  private final Cluster cluster;
  private final Watched.Index<Pod> pods;
  private final DigestResolver digests;
  private final Supplier<SystemConfig> config;
  private final Writer writer;
  private final InstantSource clock;
  private final DeploymentWishes wishes = new DeploymentWishes();

  /**
   * To be made before the views are filled: it adds an index to them.
   *
   * @param digests knows images
   * @param config the settings now in force
   */
  public RevisionReconciler(
      Cluster cluster,
      DigestResolver digests,
      Supplier<SystemConfig> config,
      Writer writer,
      InstantSource clock) {
    this.cluster = cluster;
    this.pods = cluster.pods().indexByLabel(WellKnown.REVISION);
    this.digests = digests;
    this.config = config;
    this.writer = writer;
    this.clock = clock;
  }

  @Override
  public String name() {
    return "revision-controller";
  }

  /** What wakes a Revision besides its own changes. */
  public void watch(Controller<Revision> controller) {
    digests.onResolved(controller::wake);
    controller.wakeControllerOf(cluster.deployments());
    controller.wakeControllerOf(cluster.podAutoscalers());
    // All Revisions of a namespace wait for one certificate.
    cluster
        .podCertificates()
        .onChange(change -> {
          String namespace = Key.of(change.object()).namespace();
          cluster.revisions().all().stream()
              .map(Key::of)
              .filter(revision -> revision.namespace().equals(namespace))
              .forEach(controller::wake);
        });
    // A pod that cannot start says why only in its own status.
    cluster
        .pods()
        .onChange(change -> {
          String revision = Children.labels(change.object()).get(WellKnown.REVISION);
          if (revision != null) {
            controller.wakeSoon(new Key(Key.of(change.object()).namespace(), revision));
          }
        });
  }

  @Override
  public Outcome reconcile(Key key) {
    Optional<Revision> revision = cluster.revisions().find(key);
    if (revision.isEmpty() || Children.isBeingDeleted(revision.get())) {
      digests.forget(key);
      wishes.forget(key);
      return Outcome.done();
    }
    Seen seen = observe(key, revision.get());
    Instant now = clock.instant();
    return RevisionPlan.plan(seen, now)
        .applyWith(
            writer, (child, message) -> RevisionPlan.creationRefused(seen, child, message, now));
  }

  private Seen observe(Key key, Revision revision) {
    Map<String, Resolution> resolutions = new LinkedHashMap<>();
    List<String> unresolved = RevisionPlan.imagesToResolve(revision);
    if (unresolved.isEmpty()) {
      digests.forget(key);
    }
    for (String image : unresolved) {
      resolutions.put(image, digests.resolve(revision, image));
    }
    Set<String> images =
        cluster.images().controlledBy(revision.getMetadata().getUid()).stream()
            .map(HasMetadata::getMetadata)
            .map(metadata -> metadata.getName())
            .collect(Collectors.toSet());
    return new Seen(
        revision,
        cluster.deployments().find(key.namespace(), RevisionFacts.deploymentName(revision)),
        cluster.podAutoscalers().find(key),
        pods.get(key.name()).stream()
            .filter(pod -> key.namespace().equals(pod.getMetadata().getNamespace()))
            .toList(),
        images,
        resolutions,
        cluster.certificates().find(key.namespace(), QueueProxyCertificate.NAME),
        cluster.podCertificates().find(key.namespace(), QueueProxyCertificate.NAME),
        config.get(),
        wishes);
  }
}
