package dev.bellows.controlplane.reconcile.podautoscaler;

import static dev.bellows.core.podautoscaler.PodAutoscalerStatus.ACTIVE;
import static dev.bellows.core.podautoscaler.PodAutoscalerStatus.SCALE_TARGET_INITIALIZED;
import static dev.bellows.core.podautoscaler.PodAutoscalerStatus.SKS_READY;

import dev.bellows.api.autoscaling.PodAutoscaler;
import dev.bellows.api.config.SystemConfig;
import dev.bellows.api.networking.ServerlessService;
import dev.bellows.controlplane.reconcile.Children;
import dev.bellows.controlplane.reconcile.Outcome;
import dev.bellows.controlplane.reconcile.Plan;
import dev.bellows.controlplane.reconcile.StatusConditions;
import dev.bellows.controlplane.reconcile.Step;
import dev.bellows.core.condition.ConditionSet;
import dev.bellows.core.condition.Conditions;
import dev.bellows.core.kpa.Reachability;
import dev.bellows.core.kpa.ScalingAnnotations;
import dev.bellows.core.kpa.ScalingSettings;
import dev.bellows.core.podautoscaler.PodAutoscalerStatus;
import dev.bellows.core.podautoscaler.SksMode;
import dev.bellows.core.podautoscaler.SksSpec;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Decides what a PodAutoscaler of the HPA class needs (autoscaling spec §9): a
 * HorizontalPodAutoscaler, which does the scaling, and a ServerlessService that leads to the pods.
 * Such a Revision always has pods: it is never scaled to zero.
 */
final class HpaPlan {
  private final Seen seen;
  private final PodAutoscaler pa;
  private final ScalingSettings settings;
  private final Instant now;
  private final List<Step> steps = new ArrayList<>();
  private final PodAutoscalerStatus before;
  private Conditions conditions;

  /**
   * What a pass sees.
   *
   * @param hpa of its name, whoever owns it
   * @param sks of its name, whoever owns it
   */
  record Seen(
      PodAutoscaler pa,
      Optional<HorizontalPodAutoscaler> hpa,
      Optional<ServerlessService> sks,
      SystemConfig config) {}

  private HpaPlan(Seen seen, Instant now) {
    this.seen = seen;
    this.pa = seen.pa();
    this.now = now;
    this.settings =
        new ScalingSettings(
            seen.config().autoscaler(),
            new ScalingAnnotations(Children.annotations(pa)),
            Reachability.of(PodAutoscalerChildren.orEmpty(pa.getSpec().reachability())),
            Objects.requireNonNullElse(pa.getSpec().containerConcurrency(), 0L));
    this.before = StatusForm.read(pa.getStatus());
    this.conditions =
        StatusConditions.before(
            PodAutoscalerStatus.CONDITIONS, pa.getStatus(), pa.getMetadata().getGeneration(), now);
  }

  /** What to write, given what is seen. */
  static Plan plan(Seen seen, Instant now) {
    return new HpaPlan(seen, now).plan();
  }

  /** The status that tells of a child that was refused. */
  static Plan creationRefused(Seen seen, HasMetadata child, String message, Instant now) {
    HpaPlan plan = new HpaPlan(seen, now);
    return plan.stuck(
        "FailedCreate",
        "Failed to create %s \"%s\": %s"
            .formatted(child.getKind(), child.getMetadata().getName(), message));
  }

  private Plan plan() {
    Optional<? extends HasMetadata> foreign =
        foreign(seen.hpa()).isPresent() ? foreign(seen.hpa()) : foreign(seen.sks());
    if (foreign.isPresent()) {
      return stuck(
          "NotOwned",
          "There is an existing %s \"%s\" that we do not own."
              .formatted(foreign.get().getKind(), foreign.get().getMetadata().getName()));
    }
    HorizontalPodAutoscaler wanted = HorizontalAutoscaler.of(pa, settings.hpaSpec());
    if (seen.hpa().isEmpty()) {
      steps.add(new Step.Create(wanted));
    } else {
      HorizontalPodAutoscaler found = seen.hpa().get();
      Step.patch(found, HorizontalAutoscaler.changed(found, wanted)).ifPresent(steps::add);
    }
    planService();
    conditions = conditions.markTrue(ACTIVE, now);
    Optional<HorizontalPodAutoscalerStatus> scaled =
        seen.hpa().map(HorizontalPodAutoscaler::getStatus);
    int current = scaled.map(HorizontalPodAutoscalerStatus::getCurrentReplicas).orElse(0);
    markService(current);
    return end(
        new PodAutoscalerStatus(
            pa.getMetadata().getGeneration(),
            conditions,
            seen.sks().map(sks -> sks.getStatus()).map(status -> status.serviceName()).orElse(""),
            seen.sks()
                .map(sks -> sks.getStatus())
                .map(status -> status.privateServiceName())
                .orElse(""),
            OptionalInt.of(scaled.map(HorizontalPodAutoscalerStatus::getDesiredReplicas).orElse(0)),
            OptionalInt.of(current),
            ""),
        Outcome.done());
  }

  private <T extends HasMetadata> Optional<T> foreign(Optional<T> child) {
    return child.filter(found -> !Children.isControlledBy(found, pa));
  }

  private void planService() {
    SksSpec wanted =
        new SksSpec(
            SksMode.SERVE,
            PodAutoscalerChildren.read(pa.getSpec().scaleTargetRef()),
            PodAutoscalerChildren.protocol(pa.getSpec().protocolType()),
            0);
    if (seen.sks().isEmpty()) {
      steps.add(new Step.Create(PodAutoscalerChildren.sks(pa, wanted)));
    } else if (!PodAutoscalerChildren.read(seen.sks().get().getSpec()).equals(wanted)) {
      ServerlessService found = seen.sks().get();
      Step.patch(found, PodAutoscalerChildren.withSpec(found, wanted)).ifPresent(steps::add);
    }
  }

  private void markService(int current) {
    var status = seen.sks().map(ServerlessService::getStatus);
    if (status.filter(each -> each.isTrue(ConditionSet.READY)).isEmpty()) {
      String message =
          status
              .flatMap(each -> each.condition(ConditionSet.READY))
              .map(dev.bellows.api.Condition::message)
              .orElse("No Private Service Name");
      conditions = conditions.markUnknown(SKS_READY, "NotReady", message, now);
      return;
    }
    conditions = conditions.markTrue(SKS_READY, now);
    int atFirst = Math.max(settings.scaleBounds().min(), settings.initialScale());
    if (current >= atFirst) {
      conditions = conditions.markTrue(SCALE_TARGET_INITIALIZED, now);
    }
  }

  private Plan stuck(String reason, String message) {
    conditions = conditions.markFalse(ACTIVE, reason, message, now);
    return end(
        new PodAutoscalerStatus(
            pa.getMetadata().getGeneration(),
            conditions,
            before.serviceName(),
            before.metricsServiceName(),
            before.desiredScale(),
            before.actualScale(),
            ""),
        new Outcome.Failed(message));
  }

  private Plan end(PodAutoscalerStatus after, Outcome outcome) {
    dev.bellows.api.autoscaling.@Nullable PodAutoscalerStatus stored = pa.getStatus();
    var written =
        StatusForm.write(
            new PodAutoscalerStatus(
                after.observedGeneration(),
                after.conditions().keepingTimesOf(before.conditions()),
                after.serviceName(),
                after.metricsServiceName(),
                after.desiredScale(),
                after.actualScale(),
                after.activatorInPath()),
            stored);
    if (!StatusForm.read(written).equals(before)) {
      steps.add(StatusConditions.update(new PodAutoscaler(), pa, written));
    }
    return new Plan(steps, outcome);
  }
}
