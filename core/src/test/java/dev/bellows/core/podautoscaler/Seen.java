package dev.bellows.core.podautoscaler;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.core.condition.Condition;
import dev.bellows.core.condition.ConditionStatus;
import dev.bellows.core.condition.Conditions;
import dev.bellows.core.kpa.AutoscalerConfig;
import dev.bellows.core.kpa.DeciderSpec;
import dev.bellows.core.kpa.DeciderStatus;
import dev.bellows.core.kpa.MetricSpec;
import dev.bellows.core.kpa.Reachability;
import dev.bellows.core.kpa.ScalingAnnotations;
import dev.bellows.core.kpa.ScalingSettings;
import dev.bellows.core.revision.Protocol;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A cluster as a PodAutoscaler sees it, to be changed piece by piece; in the beginning all is well:
 * one pod is ready, it is wanted, and it serves.
 */
final class Seen {
  static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");
  static final ScaleTargetRef TARGET =
      new ScaleTargetRef("apps/v1", "Deployment", "rev-deployment");

  ScalingSettings settings =
      new ScalingSettings(
          AutoscalerConfig.DEFAULT, new ScalingAnnotations(Map.of()), Reachability.REACHABLE, 0);
  PodAutoscalerStatus status = status(ConditionStatus.TRUE, Duration.ofHours(1), true);
  Duration progressDeadline = Duration.ofMinutes(10);
  Optional<Observed.Sks> sks =
      Optional.of(sks(new SksSpec(SksMode.SERVE, TARGET, Protocol.HTTP1, 4), Optional.empty()));
  Optional<Observed.Decider> decider =
      Optional.of(new Observed.Decider(settings.deciderSpec(), new DeciderStatus(1, 0)));
  Optional<Observed.Metric> metric =
      Optional.of(new Observed.Metric(true, settings.metricSpec("rev-private")));
  PodCounts pods = new PodCounts(1, 0, 0, 0);
  OptionalInt replicas = OptionalInt.of(1);

  Observed observed() {
    return new Observed(
        settings,
        TARGET,
        Protocol.HTTP1,
        1,
        status,
        progressDeadline,
        sks,
        decider,
        metric,
        pods,
        Optional.of(new Observed.Target(replicas)),
        Optional.empty());
  }

  /** Plans to the end; asks {@code activator} where the plan wants to know. */
  Plan.Proceed plan(ProbeAnswer activator) {
    return plan(observed(), activator);
  }

  static Plan.Proceed plan(Observed observed, ProbeAnswer activator) {
    return switch (PodAutoscalerPlan.plan(observed, NOW)) {
      case Plan.Proceed proceed -> proceed;
      case Plan.AskActivator _ -> plan(observed.answered(activator), activator);
    };
  }

  static Observed.Sks sks(SksSpec spec, Optional<Instant> proxyingSince) {
    return new Observed.Sks(true, spec, "rev-private", "rev", true, "", proxyingSince);
  }

  static PodAutoscalerStatus status(
      ConditionStatus active, Duration activeFor, boolean initialized) {
    List<Condition> conditions = new ArrayList<>();
    conditions.add(
        switch (active) {
          case TRUE -> new Condition("Active", active, "", "", "", NOW.minus(activeFor));
          case FALSE ->
              new Condition(
                  "Active",
                  active,
                  "",
                  "NoTraffic",
                  "The target is not receiving traffic.",
                  NOW.minus(activeFor));
          case UNKNOWN ->
              new Condition(
                  "Active",
                  active,
                  "",
                  "Queued",
                  "Requests to the target are being buffered as resources are provisioned.",
                  NOW.minus(activeFor));
        });
    conditions.add(
        new Condition(
            "ScaleTargetInitialized",
            initialized ? ConditionStatus.TRUE : ConditionStatus.UNKNOWN,
            "",
            "",
            "",
            NOW.minus(activeFor)));
    Conditions all = Conditions.of(PodAutoscalerStatus.CONDITIONS, conditions);
    return new PodAutoscalerStatus(
        1,
        all.initialized(NOW),
        "rev",
        "rev-private",
        OptionalInt.empty(),
        OptionalInt.empty(),
        "");
  }

  /** Reads a recorded state of activity: fields active and activeForMs. */
  static PodAutoscalerStatus status(JsonNode in, boolean initialized) {
    if (in.path("active").asText().equals("absent")) {
      PodAutoscalerStatus none = PodAutoscalerStatus.NONE;
      Conditions fresh = none.conditions().initialized(NOW);
      return none.with(initialized ? fresh.markTrue("ScaleTargetInitialized", NOW) : fresh);
    }
    return status(
        ConditionStatus.of(in.path("active").asText()),
        Duration.ofMillis(in.path("activeForMs").asLong()),
        initialized);
  }

  /** Reads a recorded ServerlessService: fields mode and proxyForMs. */
  static Observed.Sks sks(JsonNode in) {
    return sks(
        new SksSpec(
            SksMode.of(in.path("mode").asText()),
            TARGET,
            Protocol.HTTP1,
            in.path("numActivators").asInt()),
        proxyingSince(in));
  }

  static Optional<Instant> proxyingSince(JsonNode sks) {
    return sks.path("proxyForMs").isNumber()
        ? Optional.of(NOW.minusMillis(sks.path("proxyForMs").asLong()))
        : Optional.empty();
  }

  static ProbeAnswer activator(String probe) {
    return probe.equals("ok") ? ProbeAnswer.ACTIVATOR : ProbeAnswer.NO_ACTIVATOR;
  }

  /** The state after a plan was carried out. */
  static Observed after(Observed before, Plan.Proceed plan) {
    Optional<Observed.Sks> sks = before.sks();
    Optional<Observed.Decider> decider = before.decider();
    Optional<Observed.Metric> metric = before.metric();
    Optional<Observed.Target> target = before.target();
    for (ScalingStep step : plan.steps()) {
      switch (step) {
        case ScalingStep.CreateDecider(DeciderSpec spec) ->
            decider = Optional.of(new Observed.Decider(spec, DeciderStatus.initial(spec)));
        case ScalingStep.UpdateDecider(DeciderSpec spec) ->
            decider = decider.map(each -> new Observed.Decider(spec, each.status()));
        case ScalingStep.SetReplicas(int replicas) ->
            target = Optional.of(new Observed.Target(OptionalInt.of(replicas)));
        case ScalingStep.CreateSks(SksSpec spec) ->
            sks = Optional.of(new Observed.Sks(true, spec, "", "", false, "", Optional.empty()));
        case ScalingStep.UpdateSks(SksSpec spec) ->
            sks =
                sks.map(each ->
                    new Observed.Sks(
                        each.owned(),
                        spec,
                        each.privateServiceName(),
                        each.serviceName(),
                        each.ready(),
                        each.readyMessage(),
                        each.proxyingSince()));
        case ScalingStep.CreateMetric(MetricSpec spec) ->
            metric = Optional.of(new Observed.Metric(true, spec));
        case ScalingStep.UpdateMetric(MetricSpec spec) ->
            metric = metric.map(each -> new Observed.Metric(each.owned(), spec));
        case ScalingStep.LookAgain _, ScalingStep.KeepProbing _ -> {}
      }
    }
    return new Observed(
        before.settings(),
        before.scaleTarget(),
        before.protocol(),
        before.generation(),
        plan.status(),
        before.progressDeadline(),
        sks,
        decider,
        metric,
        before.pods(),
        target,
        Optional.empty());
  }
}
