package dev.bellows.controlplane.reconcile.podautoscaler;

import dev.bellows.api.autoscaling.PodAutoscaler;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.core.kpa.HpaSpec;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerBehavior;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerBehaviorBuilder;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerBuilder;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerSpec;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerSpecBuilder;
import io.fabric8.kubernetes.api.model.autoscaling.v2.MetricSpec;
import io.fabric8.kubernetes.api.model.autoscaling.v2.MetricSpecBuilder;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The HorizontalPodAutoscaler of a PodAutoscaler, as it should be. */
final class HorizontalAutoscaler {
  /** What the API fills in where nothing is said. */
  private static final int DEFAULT_MIN_REPLICAS = 1;

  private static final MetricSpec DEFAULT_METRIC = cpu(80);

  private HorizontalAutoscaler() {}

  static HorizontalPodAutoscaler of(PodAutoscaler owner, HpaSpec wanted) {
    ObjectReference target = owner.getSpec().scaleTargetRef();
    HorizontalPodAutoscalerSpecBuilder spec =
        new HorizontalPodAutoscalerSpecBuilder()
            .withMaxReplicas(wanted.maxReplicas())
            .withNewScaleTargetRef()
            .withApiVersion(target == null ? null : target.getApiVersion())
            .withKind(target == null ? null : target.getKind())
            .withName(target == null ? null : target.getName())
            .endScaleTargetRef();
    wanted.minReplicas().ifPresent(spec::withMinReplicas);
    wanted.metric().map(HorizontalAutoscaler::metric).ifPresent(spec::withMetrics);
    wanted
        .stabilizationWindow()
        .map(window -> behavior(Math.toIntExact(window.toSeconds())))
        .ifPresent(spec::withBehavior);
    return new HorizontalPodAutoscalerBuilder()
        .withMetadata(
            Children.metadata(
                owner,
                owner.getMetadata().getName(),
                Children.labels(owner),
                Children.annotations(owner)))
        .withSpec(spec.build())
        .build();
  }

  private static MetricSpec metric(HpaSpec.Metric metric) {
    return switch (metric) {
      case HpaSpec.Metric.Cpu(int percent) -> cpu(percent);
      case HpaSpec.Metric.Memory(long mebibytes) ->
          new MetricSpecBuilder()
              .withType("Resource")
              .withNewResource()
              .withName("memory")
              .withNewTarget()
              .withType("AverageValue")
              .withAverageValue(new Quantity(String.valueOf(mebibytes), "Mi"))
              .endTarget()
              .endResource()
              .build();
      case HpaSpec.Metric.OfPods(String name, long average) ->
          new MetricSpecBuilder()
              .withType("Pods")
              .withNewPods()
              .withNewMetric()
              .withName(name)
              .endMetric()
              .withNewTarget()
              .withType("AverageValue")
              .withAverageValue(new Quantity(String.valueOf(average)))
              .endTarget()
              .endPods()
              .build();
    };
  }

  private static MetricSpec cpu(int percent) {
    return new MetricSpecBuilder()
        .withType("Resource")
        .withNewResource()
        .withName("cpu")
        .withNewTarget()
        .withType("Utilization")
        .withAverageUtilization(percent)
        .endTarget()
        .endResource()
        .build();
  }

  private static HorizontalPodAutoscalerBehavior behavior(int windowSeconds) {
    return new HorizontalPodAutoscalerBehaviorBuilder()
        .withNewScaleUp()
        .withStabilizationWindowSeconds(windowSeconds)
        .endScaleUp()
        .withNewScaleDown()
        .withStabilizationWindowSeconds(windowSeconds)
        .endScaleDown()
        .build();
  }

  /**
   * The one that is there with the spec that it should have; itself where the two differ in nothing
   * but what the API fills in, which would otherwise be written again at every pass.
   */
  static HorizontalPodAutoscaler changed(
      HorizontalPodAutoscaler found, HorizontalPodAutoscaler wanted) {
    return saysTheSame(found.getSpec(), wanted.getSpec())
        ? found
        : new HorizontalPodAutoscalerBuilder(found).withSpec(wanted.getSpec()).build();
  }

  private static boolean saysTheSame(
      HorizontalPodAutoscalerSpec found, HorizontalPodAutoscalerSpec wanted) {
    return Objects.equals(found.getScaleTargetRef(), wanted.getScaleTargetRef())
        && Objects.equals(found.getMaxReplicas(), wanted.getMaxReplicas())
        && minReplicas(found) == minReplicas(wanted)
        && metrics(found).equals(metrics(wanted))
        && windows(found.getBehavior()).equals(windows(wanted.getBehavior()));
  }

  private static int minReplicas(HorizontalPodAutoscalerSpec spec) {
    return Objects.requireNonNullElse(spec.getMinReplicas(), DEFAULT_MIN_REPLICAS);
  }

  private static List<MetricSpec> metrics(HorizontalPodAutoscalerSpec spec) {
    return spec.getMetrics().isEmpty() ? List.of(DEFAULT_METRIC) : spec.getMetrics();
  }

  /** Nobody says anything else of the behaviour. */
  private static List<Optional<Integer>> windows(
      @Nullable HorizontalPodAutoscalerBehavior behavior) {
    return behavior == null
        ? List.of(Optional.empty(), Optional.empty())
        : List.of(
            Optional.ofNullable(behavior.getScaleUp())
                .map(rules -> rules.getStabilizationWindowSeconds()),
            Optional.ofNullable(behavior.getScaleDown())
                .map(rules -> rules.getStabilizationWindowSeconds()));
  }
}
