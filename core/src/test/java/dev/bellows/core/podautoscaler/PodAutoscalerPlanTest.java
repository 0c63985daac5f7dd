package dev.bellows.core.podautoscaler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.core.condition.Condition;
import dev.bellows.core.condition.ConditionStatus;
import dev.bellows.core.kpa.AutoscalerConfig;
import dev.bellows.core.kpa.DeciderStatus;
import dev.bellows.core.kpa.Reachability;
import dev.bellows.core.kpa.ScalingAnnotations;
import dev.bellows.core.kpa.ScalingSettings;
import dev.bellows.core.revision.Protocol;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The worked examples 57 to 66 of the autoscaling spec, and what surrounds them. */
class PodAutoscalerPlanTest {
  private static final Duration WINDOW = Duration.ofMinutes(5);
  private static final Duration GRACE = Duration.ofSeconds(60);
  private static final Duration ACTIVATION_LIMIT = Duration.ofSeconds(151);

  private final Map<String, String> config =
      new TreeMap<>(Map.of("stable-window", "5m", "scale-to-zero-grace-period", "60s"));
  private final Map<String, String> annotations = new TreeMap<>();
  private final Seen seen = new Seen();
  private Reachability reachability = Reachability.REACHABLE;
  private ProbeAnswer activator = ProbeAnswer.ACTIVATOR;
  private int replicas = 1;

  PodAutoscalerPlanTest() {
    seen.progressDeadline = Duration.ofSeconds(121);
  }

  @Test
  void theLastPodStaysWhileTheRevisionHasBeenActiveForLessThanItsWindow() {
    active(WINDOW.minusSeconds(1));
    replicas = 10;

    Plan.Proceed plan = plan(0);

    assertThat(plan.want().pods()).isEqualTo(1);
    assertThat(plan.steps())
        .contains(new ScalingStep.SetReplicas(1), new ScalingStep.LookAgain(Duration.ofSeconds(1)));
    assertThat(plan)
        .hasToString(
            "1 pod is wanted, because the Revision has been active for only 4m59s of its stable"
                + " window of 5m0s.");
  }

  @Test
  void afterTheWindowTheActivatorComesIntoThePathBeforeThePodGoes() {
    active(WINDOW);

    Plan.Proceed plan = plan(0);

    assertThat(plan.want().pods()).isZero();
    assertThat(plan.steps()).noneMatch(ScalingStep.SetReplicas.class::isInstance);
    assertThat(plan.steps()).contains(new ScalingStep.UpdateSks(sks(SksMode.PROXY)));
    assertThat(activeCondition(plan))
        .hasToString("Active=False (NoTraffic: The target is not receiving traffic.)");
  }

  @Test
  void whereTheActivatorAlreadyIsInThePathWeLookAgainSoon() {
    active(WINDOW);
    mode(SksMode.PROXY, Optional.of(Duration.ofSeconds(1)));

    assertThat(plan(0).steps()).containsExactly(new ScalingStep.LookAgain(Duration.ofSeconds(3)));
  }

  @Test
  void thePodGoesAfterTheGracePeriod() {
    inactive(GRACE);

    assertThat(plan(0).steps()).contains(new ScalingStep.SetReplicas(0));
    assertThat(plan(0))
        .hasToString("No pods are wanted, because there has been no traffic for 1m0s.");
  }

  @Test
  void thePodStaysForTheRetentionPeriod() {
    inactive(GRACE);
    annotations.put("autoscaling.knative.dev/scale-to-zero-pod-retention-period", "120s");

    assertThat(plan(0).steps())
        .noneMatch(ScalingStep.SetReplicas.class::isInstance)
        .contains(new ScalingStep.LookAgain(Duration.ofSeconds(60)));
    reachability = Reachability.UNREACHABLE;
    assertThat(plan(0).steps()).contains(new ScalingStep.SetReplicas(0));
  }

  @Test
  void thePodGoesWhenTheActivatorHasBeenInThePathLongEnough() {
    inactive(GRACE.minusSeconds(1));
    annotations.put("autoscaling.knative.dev/scale-to-zero-pod-retention-period", "42s");
    mode(SksMode.PROXY, Optional.of(GRACE));

    assertThat(plan(0).steps()).containsExactly(new ScalingStep.SetReplicas(0));
  }

  @Test
  void thePodStaysUntilTheActivatorAnswers() {
    inactive(GRACE);
    activator = ProbeAnswer.NO_ACTIVATOR;

    assertThat(plan(0).steps())
        .noneMatch(ScalingStep.SetReplicas.class::isInstance)
        .contains(new ScalingStep.KeepProbing());
    assertThat(plan(0).want().pods()).isZero();
  }

  @Test
  void whereTheActivatorNeverLeavesThePathNobodyAsksForIt() {
    inactive(GRACE);
    annotations.put("autoscaling.knative.dev/target-burst-capacity", "-1");
    decided(0);

    assertThat(PodAutoscalerPlan.plan(seen.observed(), Seen.NOW))
        .isInstanceOfSatisfying(
            Plan.Proceed.class,
            plan -> assertThat(plan.steps()).contains(new ScalingStep.SetReplicas(0)));
  }

  @Test
  void podsThatComeUpAreGivenTimeAndThenGivenUp() {
    activating(ACTIVATION_LIMIT.dividedBy(2));
    Plan.Proceed waiting = plan(0);
    assertThat(waiting.want().pods()).isEqualTo(Want.UNDECIDED);
    assertThat(waiting.steps()).contains(new ScalingStep.LookAgain(ACTIVATION_LIMIT));

    activating(ACTIVATION_LIMIT.plusSeconds(1));
    Plan.Proceed givenUp = plan(0);
    assertThat(givenUp.steps()).contains(new ScalingStep.SetReplicas(0));
    assertThat(activeCondition(givenUp).reason()).isEqualTo("TimedOut");
  }

  @Test
  void aFailedActivationStaysVisible() {
    activating(ACTIVATION_LIMIT.plusSeconds(1));
    Plan.Proceed givenUp = plan(0);

    seen.status = givenUp.status();
    replicas = 0;
    assertThat(activeCondition(plan(0)).reason()).isEqualTo("TimedOut");
    assertThat(activeCondition(plan(1)).reason()).isEqualTo("Queued");
  }

  @Test
  void minScaleHoldsUnlessNobodyCanReachTheRevision() {
    inactive(GRACE);
    annotations.put("autoscaling.knative.dev/min-scale", "2");
    assertThat(plan(0).steps()).contains(new ScalingStep.SetReplicas(2));
    assertThat(plan(0))
        .hasToString(
            "2 pods are wanted, because the Revision must have at least 2, although its load asks"
                + " for only 0.");

    reachability = Reachability.UNKNOWN;
    assertThat(plan(0).steps()).contains(new ScalingStep.SetReplicas(2));

    reachability = Reachability.UNREACHABLE;
    assertThat(plan(0).steps()).contains(new ScalingStep.SetReplicas(0));
  }

  @Test
  void aRevisionBeginsWithItsInitialScale() {
    activating(Duration.ofSeconds(1));
    annotations.put("autoscaling.knative.dev/initial-scale", "2");

    assertThat(plan(1).steps()).contains(new ScalingStep.SetReplicas(2));
    assertThat(activeCondition(plan(1)).reason()).isEqualTo("Queued");
  }

  @Test
  void whyTheActivatorIsInThePathIsTold() {
    decided(1);
    assertThat(path(new DeciderStatus(1, 0))).isEqualTo("Serve: ");
    assertThat(path(new DeciderStatus(1, -1)))
        .isEqualTo("Proxy: The pods have no room for the target burst capacity.");
    assertThat(path(new DeciderStatus(1, 5, Optional.of(Seen.NOW))))
        .isEqualTo(
            "Proxy: The pods have had room for the target burst capacity, and one request more,"
                + " for less than 30 s.");
    annotations.put("autoscaling.knative.dev/target-burst-capacity", "-1");
    decided(1);
    assertThat(path(new DeciderStatus(1, -1)))
        .isEqualTo("Proxy: The target burst capacity is unlimited.");
    inactive(GRACE);
    assertThat(path(new DeciderStatus(0, -1))).isEqualTo("Proxy: No pods are wanted.");
  }

  private String path(DeciderStatus status) {
    seen.decider = Optional.of(new Observed.Decider(seen.settings.deciderSpec(), status));
    Plan.Proceed plan = seen.plan(activator);
    SksMode mode = Seen.after(seen.observed(), plan).sks().orElseThrow().spec().mode();
    return mode.wireName() + ": " + plan.status().activatorInPath();
  }

  @Test
  void maxScaleHolds() {
    annotations.put("autoscaling.knative.dev/max-scale", "8");

    assertThat(plan(10).steps()).contains(new ScalingStep.SetReplicas(8));
    assertThat(plan(10))
        .hasToString(
            "8 pods are wanted, because the Revision may have no more, although its load asks for"
                + " 10.");
  }

  @Test
  void nothingDecidedMeansNothingDone() {
    assertThat(plan(-1).want().pods()).isEqualTo(-1);
    assertThat(plan(-1).steps()).noneMatch(ScalingStep.SetReplicas.class::isInstance);
  }

  @Test
  void whereScalingToZeroIsSwitchedOffOnePodStays() {
    config.put("enable-scale-to-zero", "false");
    inactive(GRACE);
    replicas = 3;

    assertThat(plan(0).steps()).contains(new ScalingStep.SetReplicas(1));
    annotations.put("autoscaling.knative.dev/min-scale", "2");
    assertThat(plan(0).steps()).contains(new ScalingStep.SetReplicas(2));
  }

  @Test
  void aFirstPassMakesTheServicesAndWaitsForThem() {
    seen.sks = Optional.empty();
    seen.decider = Optional.empty();
    seen.metric = Optional.empty();
    seen.status = PodAutoscalerStatus.NONE;

    Plan.Proceed plan = seen.plan(activator);

    assertThat(plan.steps())
        .containsExactly(
            new ScalingStep.CreateSks(new SksSpec(SksMode.PROXY, Seen.TARGET, Protocol.HTTP1, 2)));
    assertThat(plan.status().observedGeneration()).isEqualTo(1);
    assertThat(plan.status().conditions().get("SKSReady").orElseThrow())
        .hasToString("SKSReady=Unknown (NotReady: No Private Service Name)");
  }

  @Test
  void podsAreOrderedBeforeAnythingElseIsWritten() {
    inactive(GRACE);
    mode(SksMode.PROXY, Optional.empty());
    seen.metric = Optional.empty();

    assertThat(plan(3).steps().getFirst()).isEqualTo(new ScalingStep.SetReplicas(3));
    assertThat(plan(3).steps()).hasSize(3);
  }

  @Test
  void aForeignObjectIsNotTouched() {
    Observed.Metric metric = seen.metric.orElseThrow();
    seen.metric = Optional.of(new Observed.Metric(false, metric.spec()));

    Plan.Proceed plan = plan(5);

    assertThat(plan.steps()).noneMatch(ScalingStep::writes);
    assertThat(plan.failure()).hasValueSatisfying(text -> assertThat(text).contains("Metric"));
    assertThat(activeCondition(plan).reason()).isEqualTo("NotOwned");
  }

  @Test
  void aScaleTargetThatIsMissingFailsThePassButTheRestGoesOn() {
    Observed observed = observed(3);
    Observed without =
        new Observed(
            observed.settings(),
            observed.scaleTarget(),
            observed.protocol(),
            observed.generation(),
            observed.status(),
            observed.progressDeadline(),
            observed.sks(),
            observed.decider(),
            observed.metric(),
            observed.pods(),
            Optional.empty(),
            Optional.empty());

    Plan.Proceed plan = Seen.plan(without, activator);

    assertThat(plan).hasToString("The scale target Deployment rev-deployment does not exist.");
    assertThat(plan.status().desiredScale()).hasValue(3);
  }

  private void active(Duration since) {
    seen.status = Seen.status(ConditionStatus.TRUE, since, true);
  }

  private void inactive(Duration since) {
    seen.status = Seen.status(ConditionStatus.FALSE, since, true);
  }

  private void activating(Duration since) {
    seen.status = Seen.status(ConditionStatus.UNKNOWN, since, false);
    seen.pods = PodCounts.NONE;
  }

  private void mode(SksMode mode, Optional<Duration> proxyingFor) {
    seen.sks = Optional.of(Seen.sks(sks(mode), proxyingFor.map(Seen.NOW::minus)));
  }

  /** With one pod, 100 requests each and a burst of 211, four activators of 100 are needed. */
  private static SksSpec sks(SksMode mode) {
    return new SksSpec(mode, Seen.TARGET, Protocol.HTTP1, 4);
  }

  private void decided(int desired) {
    AutoscalerConfig autoscaler =
        switch (AutoscalerConfig.parse(config)) {
          case AutoscalerConfig.Parsed.Good(AutoscalerConfig good) -> good;
          case AutoscalerConfig.Parsed.Bad(String errorText) -> throw new AssertionError(errorText);
        };
    seen.settings =
        new ScalingSettings(autoscaler, new ScalingAnnotations(annotations), reachability, 0);
    seen.decider =
        Optional.of(
            new Observed.Decider(seen.settings.deciderSpec(), new DeciderStatus(desired, 0)));
    if (seen.metric.filter(Observed.Metric::owned).isPresent()) {
      seen.metric = Optional.of(new Observed.Metric(true, seen.settings.metricSpec("rev-private")));
    }
    seen.replicas = OptionalInt.of(replicas);
  }

  private Observed observed(int desired) {
    decided(desired);
    return seen.observed();
  }

  private Plan.Proceed plan(int desired) {
    return Seen.plan(observed(desired), activator);
  }

  private static Condition activeCondition(Plan.Proceed plan) {
    return plan.status().conditions().get("Active").orElseThrow();
  }
}
