package dev.bellows.core.podautoscaler;

import static dev.bellows.core.podautoscaler.PodAutoscalerStatus.ACTIVE;
import static dev.bellows.core.podautoscaler.PodAutoscalerStatus.SKS_READY;

import dev.bellows.core.condition.Conditions;
import dev.bellows.core.kpa.DeciderSpec;
import dev.bellows.core.kpa.DeciderStatus;
import dev.bellows.core.kpa.MetricSpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Plans one pass over a PodAutoscaler of the KPA class (autoscaling spec §8, flow). */
public final class PodAutoscalerPlan {
  /** Activators before a Revision about whose pods nothing is known yet. */
  private static final int ACTIVATORS_AT_FIRST = 2;

  private final Observed seen;
  private final Instant now;

  private PodAutoscalerPlan(Observed seen, Instant now) {
    this.seen = seen;
    this.now = now;
  }

  /**
   * Says what is to be done. Planning again at the same instant, after it was done, yields no step
   * that writes and the same status.
   */
  public static Plan plan(Observed seen, Instant now) {
    return new PodAutoscalerPlan(seen, now).plan();
  }

  private Plan plan() {
    PodAutoscalerStatus status = begin();
    Observed.Sks sks = seen.sks().orElse(null);
    if (sks == null || sks.privateServiceName().isEmpty()) {
      return withoutServices(status);
    }
    status = status.withMetricsServiceName(sks.privateServiceName());
    DeciderSpec deciderSpec = seen.settings().deciderSpec();
    DeciderStatus decided =
        seen.decider()
            .map(Observed.Decider::status)
            .orElseGet(() -> DeciderStatus.initial(deciderSpec));
    MetricSpec metricSpec = seen.settings().metricSpec(sks.privateServiceName());
    if (seen.metric().filter(metric -> !metric.owned()).isPresent()) {
      return notOwned(status, "Metric", decider(deciderSpec));
    }
    return switch (Scaler.scale(with(status), decided.desiredScale(), now)) {
      case Scaler.Scaling.Ask() -> new Plan.AskActivator(status.serviceName());
      case Scaler.Scaling.Settled(Want want) ->
          proceed(status, sks, deciderSpec, decided, metricSpec, want);
    };
  }

  /** A status with all its conditions, which says if it is about an older generation. */
  private PodAutoscalerStatus begin() {
    PodAutoscalerStatus status = seen.status();
    Conditions conditions = status.conditions().initialized(now);
    return status.observedGeneration() == seen.generation()
        ? status.with(conditions)
        : status.with(conditions.newGeneration(now)).withGeneration(seen.generation());
  }

  /** Before there are Services, there is nothing to scrape and nobody to ask. */
  private Plan withoutServices(PodAutoscalerStatus begun) {
    SksSpec spec =
        new SksSpec(SksMode.PROXY, seen.scaleTarget(), seen.protocol(), ACTIVATORS_AT_FIRST);
    if (isForeignSks()) {
      return notOwned(begun, "ServerlessService", List.of());
    }
    PodAutoscalerStatus status =
        begun.with(
            begun.conditions().markUnknown(SKS_READY, "NotReady", "No Private Service Name", now));
    Want want =
        new Want(
            Want.UNDECIDED,
            List.of(),
            "Nothing is decided, because the Revision's Services do not exist yet.");
    return new Plan.Proceed(
        sks(spec), end(status, want, 0), Optional.empty(), want, PodCounts.NONE);
  }

  private Plan proceed(
      PodAutoscalerStatus begun,
      Observed.Sks sks,
      DeciderSpec deciderSpec,
      DeciderStatus decided,
      MetricSpec metricSpec,
      Want want) {
    int ready = seen.pods().ready();
    if (isForeignSks()) {
      return notOwned(begun, "ServerlessService", decider(deciderSpec));
    }
    String activatorInPath = activatorInPath(deciderSpec, decided, want);
    SksMode mode = activatorInPath.isEmpty() ? SksMode.SERVE : SksMode.PROXY;
    SksSpec sksSpec =
        new SksSpec(mode, seen.scaleTarget(), seen.protocol(), deciderSpec.numActivators(ready));
    // What lets pods come up goes first: somebody may be waiting for them.
    List<ScalingStep> steps = new ArrayList<>(decider(deciderSpec));
    steps.addAll(want.steps());
    steps.addAll(sks(sksSpec));
    steps.addAll(metric(metricSpec));

    PodAutoscalerStatus status =
        begun.withServiceName(sks.serviceName()).withActivatorInPath(activatorInPath);
    status =
        status.with(
            sks.ready()
                ? status.conditions().markTrue(SKS_READY, now)
                : status.conditions().markUnknown(SKS_READY, "NotReady", sks.readyMessage(), now));
    return new Plan.Proceed(
        steps, end(status, want, ready), missingTarget(want), want, seen.pods());
  }

  /** Why requests pass through activators, as one sentence; empty where they need not. */
  private String activatorInPath(DeciderSpec spec, DeciderStatus decided, Want want) {
    if (want.pods() == Want.UNDECIDED && !seen.status().activatorInPath().isEmpty()) {
      return seen.status().activatorInPath(); // nothing new is known
    }
    if (want.pods() <= 0) {
      return "No pods are wanted.";
    }
    if (decided.excessBurstCapacity() < 0) {
      return spec.targetBurstCapacity() < 0
          ? "The target burst capacity is unlimited."
          : "The pods have no room for the target burst capacity.";
    }
    return decided.hasRoom()
        ? ""
        : "The pods have had room for the target burst capacity, and one request more, for less"
            + " than %d s.".formatted(DeciderStatus.dwell(spec).toSeconds());
  }

  /** Pods are wanted of something that is not there: that cannot go on unnoticed. */
  private Optional<String> missingTarget(Want want) {
    return want.pods() > 0 && seen.target().isEmpty()
        ? Optional.of(
            "The scale target %s %s does not exist."
                .formatted(seen.scaleTarget().kind(), seen.scaleTarget().name()))
        : Optional.empty();
  }

  private PodAutoscalerStatus end(PodAutoscalerStatus status, Want want, int ready) {
    PodAutoscalerStatus scaled = status.withScale(want.pods(), ready);
    Conditions conditions =
        ActiveCondition.compute(seen.settings(), scaled, want.pods(), ready, now);
    return scaled.with(conditions.keepingTimesOf(seen.status().conditions()));
  }

  private Plan notOwned(PodAutoscalerStatus status, String kind, List<ScalingStep> steps) {
    String failure =
        "A %s of this name exists that this PodAutoscaler does not own.".formatted(kind);
    Conditions conditions = status.conditions().markFalse(ACTIVE, "NotOwned", failure, now);
    return new Plan.Proceed(
        steps,
        status.with(conditions.keepingTimesOf(seen.status().conditions())),
        Optional.of(failure),
        new Want(Want.UNDECIDED, List.of(), failure),
        seen.pods());
  }

  private List<ScalingStep> decider(DeciderSpec wanted) {
    DeciderSpec has = seen.decider().map(Observed.Decider::spec).orElse(null);
    if (has == null) {
      return List.of(new ScalingStep.CreateDecider(wanted));
    }
    return has.equals(wanted) ? List.of() : List.of(new ScalingStep.UpdateDecider(wanted));
  }

  private List<ScalingStep> sks(SksSpec wanted) {
    SksSpec has = seen.sks().map(Observed.Sks::spec).orElse(null);
    if (has == null) {
      return List.of(new ScalingStep.CreateSks(wanted));
    }
    return has.equals(wanted) ? List.of() : List.of(new ScalingStep.UpdateSks(wanted));
  }

  private List<ScalingStep> metric(MetricSpec wanted) {
    MetricSpec has = seen.metric().map(Observed.Metric::spec).orElse(null);
    if (has == null) {
      return List.of(new ScalingStep.CreateMetric(wanted));
    }
    return has.equals(wanted) ? List.of() : List.of(new ScalingStep.UpdateMetric(wanted));
  }

  private boolean isForeignSks() {
    return seen.sks().filter(sks -> !sks.owned()).isPresent();
  }

  /** What was seen, with the status as it is after its conditions were created. */
  private Observed with(PodAutoscalerStatus status) {
    return new Observed(
        seen.settings(),
        seen.scaleTarget(),
        seen.protocol(),
        seen.generation(),
        status,
        seen.progressDeadline(),
        seen.sks(),
        seen.decider(),
        seen.metric(),
        seen.pods(),
        seen.target(),
        seen.probe());
  }
}
