package dev.bellows.controlplane.reconcile.revision;

import dev.bellows.api.autoscaling.PodAutoscaler;
import dev.bellows.api.autoscaling.PodAutoscalerSpec;
import dev.bellows.api.config.SystemConfig;
import dev.bellows.api.serving.Revision;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.WellKnown;
import dev.bellows.core.condition.Conditions;
import dev.bellows.core.kpa.ScalingAnnotations;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The PodAutoscaler of a Revision, as it should be (serving spec §4). */
final class RevisionAutoscaler {
  private static final String UNREACHABLE = "Unreachable";

  private RevisionAutoscaler() {}

  static PodAutoscaler of(Revision revision, SystemConfig config, String reachability) {
    Map<String, String> annotations = RevisionFacts.annotations(revision);
    annotations.putIfAbsent(ScalingAnnotations.CLASS_KEY, config.autoscaler().podAutoscalerClass());
    PodAutoscaler result = new PodAutoscaler();
    result.setMetadata(
        Children.metadata(
            revision,
            revision.getMetadata().getName(),
            RevisionFacts.labels(revision),
            annotations));
    result.setSpec(
        new PodAutoscalerSpec(
            reachability.isEmpty() ? null : reachability,
            new ObjectReferenceBuilder()
                .withApiVersion("apps/v1")
                .withKind("Deployment")
                .withName(RevisionFacts.deploymentName(revision))
                .build(),
            unlessZero(RevisionFacts.containerConcurrency(revision.getSpec(), config)),
            RevisionFacts.protocol(revision).wireName()));
    return result;
  }

  /** As the original stores it: what is not limited is left out. */
  private static @Nullable Long unlessZero(long concurrency) {
    return concurrency == 0 ? null : concurrency;
  }

  /** The PodAutoscaler there is, with spec and scaling annotations as they should be. */
  static PodAutoscaler changed(PodAutoscaler found, PodAutoscaler wanted) {
    Map<String, String> annotations = new LinkedHashMap<>(Children.annotations(found));
    Map<String, String> asked = Children.annotations(wanted);
    annotations.keySet().removeIf(key -> isSynced(key) && !asked.containsKey(key));
    asked.forEach((key, value) -> {
      if (isSynced(key)) {
        annotations.put(key, value);
      }
    });
    PodAutoscaler result = new PodAutoscaler();
    result.setMetadata(
        new ObjectMetaBuilder(found.getMetadata()).withAnnotations(annotations).build());
    result.setSpec(wanted.getSpec());
    result.setStatus(found.getStatus());
    return result;
  }

  /** Class and metric are chosen once: their defaulting writes them into the PodAutoscaler. */
  private static boolean isSynced(String key) {
    return key.startsWith(WellKnown.AUTOSCALING_PREFIX)
        && !key.equals(ScalingAnnotations.CLASS_KEY)
        && !key.equals(ScalingAnnotations.METRIC_KEY);
  }

  /**
   * Whether requests can reach the Revision. One that is broken counts as unreachable, so that its
   * min-scale does not hold pods that will never be ready.
   *
   * @return {@code Reachable}, {@code Unreachable}, or empty while nobody knows
   */
  static String reachability(
      Revision revision, Optional<Deployment> deployment, Conditions conditions) {
    boolean broken =
        conditions.isFalse(RevisionConditions.RESOURCES_AVAILABLE)
            || conditions.isFalse(RevisionConditions.CONTAINER_HEALTHY);
    if (broken && deployment.filter(RevisionAutoscaler::wantsButHasNone).isPresent()) {
      return UNREACHABLE;
    }
    return switch (Children.labels(revision).getOrDefault(WellKnown.ROUTING_STATE, "")) {
      case WellKnown.ACTIVE -> "Reachable";
      case WellKnown.RESERVE -> UNREACHABLE;
      default -> "";
    };
  }

  private static boolean wantsButHasNone(Deployment deployment) {
    Integer wanted = deployment.getSpec().getReplicas();
    Integer ready =
        deployment.getStatus() == null ? null : deployment.getStatus().getReadyReplicas();
    return wanted != null && wanted > 0 && (ready == null || ready == 0);
  }
}
