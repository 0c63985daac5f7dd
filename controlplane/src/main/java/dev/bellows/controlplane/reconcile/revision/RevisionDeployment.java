package dev.bellows.controlplane.reconcile.revision;

import dev.bellows.api.config.DeploymentConfig.AffinityType;
import dev.bellows.api.config.SystemConfig;
import dev.bellows.api.serving.Revision;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.ContentHash;
import dev.bellows.controlplane.reconcile.WellKnown;
import dev.bellows.core.literal.DurationLiteral;
import dev.bellows.core.literal.Literal;
import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.AffinityBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** The Deployment of a Revision, as it should be (serving spec §4). */
final class RevisionDeployment {
  private static final String DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container";
  private static final String FOREIGN_MARK = "knative.dev/";

  /** Before our hashes: they are told from those of another control plane. */
  private static final String OWN = "bellows-";

  /**
   * Label of a Deployment that another control plane made: our wish when we first saw it. An
   * annotation would raise the generation, as Kubernetes does for Deployments.
   */
  private static final String ADOPTED = "bellows.dev/adopted-wish";

  private RevisionDeployment() {}

  /**
   * @param images by container name, the image with its digest; without an entry the name is taken
   *     as it is
   * @param replicas to start with
   */
  static Deployment of(
      Revision revision, SystemConfig config, Map<String, String> images, int replicas) {
    Map<String, String> labels = RevisionFacts.labels(revision);
    Map<String, String> annotations = RevisionFacts.annotations(revision);
    annotations.keySet().removeIf(key -> key.startsWith(WellKnown.AUTOSCALING_PREFIX));
    Map<String, String> podAnnotations = new LinkedHashMap<>(annotations);
    podAnnotations.put(DEFAULT_CONTAINER, RevisionFacts.servingContainer(revision).getName());
    Deployment deployment =
        new DeploymentBuilder()
            .withMetadata(
                Children.metadata(
                    revision, RevisionFacts.deploymentName(revision), labels, annotations))
            .withNewSpec()
            .withProgressDeadlineSeconds(progressDeadlineSeconds(revision, config))
            .withRevisionHistoryLimit(0)
            .withNewSelector()
            .addToMatchLabels(WellKnown.REVISION_UID, revision.getMetadata().getUid())
            .endSelector()
            .withNewStrategy()
            .withType("RollingUpdate")
            .withNewRollingUpdate()
            .withNewMaxUnavailable(0)
            .endRollingUpdate()
            .endStrategy()
            .withNewTemplate()
            .withMetadata(
                new ObjectMetaBuilder().withLabels(labels).withAnnotations(podAnnotations).build())
            .withSpec(podSpec(revision, config, images))
            .endTemplate()
            .endSpec()
            .build();
    // Without replicas: they are the autoscaler's.
    deployment
        .getMetadata()
        .getLabels()
        .put(WellKnown.DEPLOYMENT_HASH, OWN + ContentHash.of(deployment));
    deployment.getSpec().setReplicas(replicas);
    return deployment;
  }

  /** The hash of what a Deployment was wished to be; empty if it does not say. */
  static String wish(Deployment deployment) {
    return Children.labels(deployment).getOrDefault(WellKnown.DEPLOYMENT_HASH, "");
  }

  /**
   * What is to become of a Deployment that is there: it stays as long as the wish that it was made
   * from does. Whether another control plane wished the same cannot be told, since its hash is
   * opaque; so that one's Deployment stays, too, and our wish is noted on it, until that changes
   * (ADR 0144): nobody's pods are started anew because somebody else looks after them.
   *
   * @param wish the hash of what is wanted
   * @param wanted made only if the two differ
   */
  static Optional<Deployment> next(Deployment found, String wish, Supplier<Deployment> wanted) {
    String made = wish(found);
    if (made.equals(wish)) {
      return Optional.empty();
    }
    String adopted = Children.labels(found).get(ADOPTED);
    if (made.isEmpty() || made.startsWith(OWN) || (adopted != null && !adopted.equals(wish))) {
      return Optional.of(changed(found, wanted.get()));
    }
    return adopted != null
        ? Optional.empty()
        : Optional.of(
            new DeploymentBuilder(found)
                .editMetadata()
                .addToLabels(ADOPTED, wish)
                .endMetadata()
                .build());
  }

  /**
   * The Deployment there is, changed to what is wanted; its selector, its replicas, and labels and
   * annotations that are not ours stay.
   */
  private static Deployment changed(Deployment found, Deployment wanted) {
    ObjectMeta foundPod = found.getSpec().getTemplate().getMetadata();
    ObjectMeta wantedPod = wanted.getSpec().getTemplate().getMetadata();
    return new DeploymentBuilder(wanted)
        .withMetadata(
            new ObjectMetaBuilder(found.getMetadata())
                .withLabels(merged(Children.labels(found), Children.labels(wanted)))
                .withAnnotations(merged(Children.annotations(found), Children.annotations(wanted)))
                .removeFromLabels(ADOPTED)
                .build())
        .editSpec()
        .withSelector(found.getSpec().getSelector())
        .withReplicas(found.getSpec().getReplicas())
        .editTemplate()
        .editMetadata()
        .withLabels(
            merged(
                Children.orEmpty(foundPod == null ? null : foundPod.getLabels()),
                Children.orEmpty(wantedPod.getLabels())))
        .withAnnotations(
            merged(
                Children.orEmpty(foundPod == null ? null : foundPod.getAnnotations()),
                Children.orEmpty(wantedPod.getAnnotations())))
        .endMetadata()
        .endTemplate()
        .endSpec()
        .withStatus(found.getStatus())
        .build();
  }

  private static Map<String, String> merged(Map<String, String> found, Map<String, String> wanted) {
    Map<String, String> result = new LinkedHashMap<>(wanted);
    found.forEach((key, value) -> {
      if (!key.contains(FOREIGN_MARK) && !key.equals("app")) {
        result.putIfAbsent(key, value);
      }
    });
    return result;
  }

  private static int progressDeadlineSeconds(Revision revision, SystemConfig config) {
    String asked = Children.annotations(revision).get(WellKnown.PROGRESS_DEADLINE);
    if (asked != null
        && DurationLiteral.parse(asked) instanceof Literal.Value<java.time.Duration>(var duration)
        && duration.isPositive()) {
      return Math.toIntExact(duration.toSeconds());
    }
    return Math.toIntExact(config.deployment().progressDeadline().toSeconds());
  }

  private static PodSpec podSpec(
      Revision revision, SystemConfig config, Map<String, String> images) {
    PodSpec given = revision.getSpec().podSpec();
    PodSpecBuilder pod =
        new PodSpecBuilder(given)
            .withContainers(UserContainers.of(revision, config, images))
            .addToContainers(QueueProxyContainer.of(revision, config))
            .withTerminationGracePeriodSeconds(
                RevisionFacts.timeoutSeconds(revision.getSpec(), config));
    if (given.getEnableServiceLinks() == null) {
      config.defaults().enableServiceLinks().ifPresent(pod::withEnableServiceLinks);
    }
    if (given.getRuntimeClassName() == null) {
      config
          .deployment()
          .runtimeClassName(Children.labels(revision))
          .ifPresent(pod::withRuntimeClassName);
    }
    if (given.getAffinity() == null
        && config.deployment().affinity() == AffinityType.PREFER_SPREAD_REVISION_OVER_NODES) {
      pod.withAffinity(spread(revision));
    }
    if (config.network().systemInternalTls()) {
      pod.addToVolumes(QueueProxyCertificate.volume());
    }
    if (config.observability().enableVarLogCollection()) {
      pod.addToVolumes(UserContainers.varLogVolume());
    }
    return pod.build();
  }

  private static Affinity spread(Revision revision) {
    return new AffinityBuilder()
        .withNewPodAntiAffinity()
        .addNewPreferredDuringSchedulingIgnoredDuringExecution()
        .withWeight(100)
        .withNewPodAffinityTerm()
        .withTopologyKey("kubernetes.io/hostname")
        .withNewLabelSelector()
        .withMatchLabels(Map.of(WellKnown.REVISION, revision.getMetadata().getName()))
        .endLabelSelector()
        .endPodAffinityTerm()
        .endPreferredDuringSchedulingIgnoredDuringExecution()
        .endPodAntiAffinity()
        .build();
  }
}
