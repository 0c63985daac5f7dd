package dev.bellows.controlplane.reconcile.podautoscaler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.api.Condition;
import dev.bellows.api.autoscaling.PodAutoscaler;
import dev.bellows.api.config.SystemConfig;
import dev.bellows.api.networking.ServerlessService;
import dev.bellows.api.networking.ServerlessServiceStatus;
import dev.bellows.controlplane.World;
import dev.bellows.controlplane.reconcile.Outcome;
import dev.bellows.controlplane.reconcile.Plan;
import dev.bellows.controlplane.reconcile.Step;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerBuilder;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerSpec;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A PodAutoscaler of the HPA class becomes a HorizontalPodAutoscaler and is never idle. */
class HpaPlanTest {
  private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");
  private static final KubernetesSerialization YAML = new KubernetesSerialization();

  private PodAutoscaler pa = pa("");
  private Optional<HorizontalPodAutoscaler> hpa = Optional.empty();
  private Optional<ServerlessService> sks = Optional.empty();

  @Test
  void theRevisionIsReadyOnceThePodsItBeginsWithAreThere() {
    pa = pa("autoscaling.knative.dev/min-scale: '2'");
    apply();
    assertThat(hpa.orElseThrow().getSpec().getMinReplicas()).isEqualTo(2);
    assertThat(hpa.orElseThrow().getSpec().getMaxReplicas()).isEqualTo(Integer.MAX_VALUE);
    assertThat(hpa.orElseThrow().getSpec().getScaleTargetRef().getName())
        .isEqualTo("hello-00001-deployment");
    assertThat(sks.orElseThrow().getSpec().mode()).isEqualTo("Serve");
    assertThat(sks.orElseThrow().getSpec().numActivators()).isZero();
    assertThat(says("Active")).isEqualTo("True");
    assertThat(says("SKSReady")).isEqualTo("Unknown");

    ServerlessService ready = sks.orElseThrow();
    ready.setStatus(
        new ServerlessServiceStatus(
            1L,
            List.of(new Condition("Ready", "True", null, null, null, null)),
            Map.of(),
            "hello-00001",
            "hello-00001-private"));
    replicas(1, 2);
    assertThat(says("SKSReady")).isEqualTo("True");
    assertThat(says("Ready")).isEqualTo("Unknown");
    replicas(2, 2);
    assertThat(says("Ready")).isEqualTo("True");
    assertThat(pa.getStatus().serviceName()).isEqualTo("hello-00001");
    assertThat(pa.getStatus().actualScale()).isEqualTo(2);
    assertThat(plan().steps()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cpu|1982.4|{type: Resource, resource: {name: cpu, target: {type: Utilization,"
            + " averageUtilization: 1983}}}",
        "memory|50|{type: Resource, resource: {name: memory, target: {type: AverageValue,"
            + " averageValue: 50Mi}}}",
        "customMetric|50|{type: Pods, pods: {metric: {name: customMetric}, target: {type:"
            + " AverageValue, averageValue: 50}}}",
      })
  void aTargetIsOneOfTheMetric(String metric, String target, String written) {
    pa =
        pa(
            """
            autoscaling.knative.dev/metric: %s
                autoscaling.knative.dev/target: '%s'
                autoscaling.knative.dev/window: 60s
                autoscaling.knative.dev/max-scale: '7'\
            """
                .formatted(metric, target));
    apply();
    HorizontalPodAutoscalerSpec spec = hpa.orElseThrow().getSpec();
    HorizontalPodAutoscalerSpec expected =
        YAML.unmarshal(
            """
            metrics: [%s]
            maxReplicas: 7
            scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: hello-00001-deployment}
            behavior:
              scaleUp: {stabilizationWindowSeconds: 60}
              scaleDown: {stabilizationWindowSeconds: 60}
            """
                .formatted(written),
            HorizontalPodAutoscalerSpec.class);
    assertThat(YAML.asJson(spec)).isEqualTo(YAML.asJson(expected));
  }

  @Test
  void whatTheApiFillsInIsNotWrittenAgain() {
    apply();
    assertThat(hpa.orElseThrow().getSpec().getMinReplicas()).isNull();
    hpa =
        Optional.of(
            new HorizontalPodAutoscalerBuilder(hpa.orElseThrow())
                .editSpec()
                .withMinReplicas(1)
                .addNewMetric()
                .withType("Resource")
                .withNewResource()
                .withName("cpu")
                .withNewTarget()
                .withType("Utilization")
                .withAverageUtilization(80)
                .endTarget()
                .endResource()
                .endMetric()
                .endSpec()
                .build());
    assertThat(plan().steps()).isEmpty();
    pa.getMetadata().getAnnotations().put("autoscaling.knative.dev/max-scale", "3");
    assertThat(plan().steps()).hasSize(1).allMatch(Step.Patch.class::isInstance);
  }

  @Test
  void aForeignOneOfItsNameIsLeftAlone() {
    apply();
    hpa =
        Optional.of(
            new HorizontalPodAutoscalerBuilder(hpa.orElseThrow())
                .editMetadata()
                .withOwnerReferences(List.of())
                .endMetadata()
                .build());
    assertThat(plan().outcome()).isInstanceOf(Outcome.Failed.class);
    apply();
    assertThat(says("Active")).isEqualTo("False");
    assertThat(pa.getStatus().condition("Active").orElseThrow().reason()).isEqualTo("NotOwned");
  }

  @Test
  void aRefusedOneIsTold() {
    HorizontalPodAutoscaler made =
        new HorizontalPodAutoscalerBuilder()
            .withNewMetadata()
            .withName("hello-00001")
            .endMetadata()
            .build();
    write(HpaPlan.creationRefused(seen(), made, "exceeded quota: few", NOW));
    assertThat(pa.getStatus().condition("Active").orElseThrow().reason()).isEqualTo("FailedCreate");
    assertThat(pa.getStatus().condition("Active").orElseThrow().message()).contains("few");
  }

  private void replicas(int current, int desired) {
    hpa =
        Optional.of(
            new HorizontalPodAutoscalerBuilder(hpa.orElseThrow())
                .withNewStatus()
                .withCurrentReplicas(current)
                .withDesiredReplicas(desired)
                .endStatus()
                .build());
    apply();
  }

  private HpaPlan.Seen seen() {
    return new HpaPlan.Seen(pa, hpa, sks, SystemConfig.DEFAULT);
  }

  private Plan plan() {
    return HpaPlan.plan(seen(), NOW);
  }

  private void apply() {
    write(plan());
  }

  private void write(Plan plan) {
    for (Step step : plan.steps()) {
      switch (step) {
        case Step.Create(HasMetadata made) when made instanceof HorizontalPodAutoscaler created ->
            hpa = Optional.of(created);
        case Step.Create(HasMetadata made) when made instanceof ServerlessService created ->
            sks = Optional.of(created);
        case Step.UpdateStatus(var changed, var _) when changed instanceof PodAutoscaler after ->
            pa = after;
        default -> throw new AssertionError("not expected: " + step);
      }
    }
  }

  private String says(String type) {
    return pa.getStatus().condition(type).orElseThrow().status();
  }

  private static PodAutoscaler pa(String annotations) {
    return World.parse(
        PodAutoscaler.class,
        """
        apiVersion: autoscaling.internal.knative.dev/v1alpha1
        kind: PodAutoscaler
        metadata:
          name: hello-00001
          namespace: default
          uid: pa-1
          generation: 1
          annotations:
            autoscaling.knative.dev/class: hpa.autoscaling.knative.dev
            %s
        spec:
          protocolType: http1
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: hello-00001-deployment}
        """
            .formatted(
                annotations.replace("    auto", "        auto").replace("\n        ", "\n    ")));
  }
}
