package dev.bellows.core.podautoscaler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bellows.core.condition.Condition;
import dev.bellows.core.condition.ConditionStatus;
import dev.bellows.core.kpa.AutoscalerConfig;
import dev.bellows.core.kpa.DeciderStatus;
import dev.bellows.core.kpa.MetricSpec;
import dev.bellows.core.kpa.Reachability;
import dev.bellows.core.kpa.ScaleBounds;
import dev.bellows.core.kpa.ScalingAnnotations;
import dev.bellows.core.kpa.ScalingSettings;
import dev.bellows.core.revision.Protocol;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PodAutoscalerPlanPropertyTest {
  private static final int CASES = 5_000;

  /** From nothing to activating, from there to active or given up, from there to initialized. */
  private static final int MOST_MOVES = 3;

  private static final List<ProbeAnswer> ANSWERS = List.of(ProbeAnswer.values());

  @Test
  void planningAgainAfterApplyingIsEmpty() {
    forEach((random, seen) -> {
      ProbeAnswer answer = pick(random, ANSWERS);
      Plan.Proceed plan = Seen.plan(seen, answer);
      Observed after = Seen.after(seen, plan);
      // Becoming active, inactive or initialized is a move, from which the plan goes on.
      int moves = 0;
      while (!state(seen).equals(state(after))) {
        assertThat(++moves).as("moves until it rests").isLessThanOrEqualTo(MOST_MOVES);
        seen = after;
        plan = Seen.plan(seen, answer);
        after = Seen.after(seen, plan);
      }
      Plan.Proceed again = Seen.plan(after, answer);

      assertThat(again.steps()).filteredOn(ScalingStep::writes).isEmpty();
      assertThat(again.status()).isEqualTo(plan.status());
    });
  }

  private static List<Optional<ConditionStatus>> state(Observed seen) {
    return Stream.of("Active", "ScaleTargetInitialized")
        .map(type -> seen.status().conditions().get(type).map(Condition::status))
        .toList();
  }

  @Test
  void whatIsWrittenIsWithinTheBounds() {
    forEach((random, seen) -> {
      ScaleBounds bounds = seen.settings().scaleBounds();
      int least = Math.max(bounds.min(), seen.settings().initialScale());
      for (ScalingStep step : Seen.plan(seen, pick(random, ANSWERS)).steps()) {
        if (step instanceof ScalingStep.SetReplicas(int replicas)) {
          // Where the bounds contradict each other, the lower one may win.
          int min = bounds.max() == 0 ? bounds.min() : Math.min(bounds.min(), bounds.max());
          assertThat(replicas).isGreaterThanOrEqualTo(min);
          if (bounds.max() != 0) {
            assertThat(replicas).isLessThanOrEqualTo(Math.max(bounds.max(), least));
          }
        }
      }
    });
  }

  @Test
  void aPodThatServesNeverGoesBeforeTheRevisionWasInactive() {
    forEach((random, seen) -> {
      if (seen.status().conditions().isTrue("Active")) {
        assertThat(Seen.plan(seen, pick(random, ANSWERS)).steps())
            .doesNotContain(new ScalingStep.SetReplicas(0));
      }
    });
  }

  @Test
  void requestsGoStraightToPodsOnlyWhenPodsAreWantedAndThereIsRoom() {
    forEach((random, seen) -> {
      Plan.Proceed plan = Seen.plan(seen, pick(random, ANSWERS));
      SksSpec sks = Seen.after(seen, plan).sks().orElseThrow().spec();
      if (sks.mode() == SksMode.SERVE && plan.failure().isEmpty()) {
        assertThat(plan.want().pods()).isPositive();
        assertThat(plan.status().activatorInPath()).isEmpty();
      }
    });
  }

  private interface Property {
    void check(Random random, Observed seen);
  }

  private static void forEach(Property property) {
    long first = new Random().nextLong();
    for (long seed = first; seed < first + CASES; seed++) {
      Random random = new Random(seed);
      Observed seen = seen(random);
      try {
        property.check(random, seen);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed + ", " + seen, e);
      }
    }
  }

  private static Observed seen(Random random) {
    Seen seen = new Seen();
    Map<String, String> config = new TreeMap<>();
    maybe(random, config, "enable-scale-to-zero", "false");
    maybe(random, config, "scale-to-zero-grace-period", "10s");
    maybe(random, config, "min-scale", "2");
    maybe(random, config, "target-burst-capacity", pick(random, List.of("0", "-1", "50")));
    Map<String, String> annotations = new TreeMap<>();
    String prefix = "autoscaling.knative.dev/";
    maybe(random, annotations, prefix + "min-scale", pick(random, List.of("0", "1", "3")));
    maybe(random, annotations, prefix + "max-scale", pick(random, List.of("0", "1", "5")));
    maybe(random, annotations, prefix + "initial-scale", pick(random, List.of("1", "4")));
    maybe(random, annotations, prefix + "scale-to-zero-pod-retention-period", "40s");
    maybe(random, annotations, prefix + "window", "20s");
    seen.settings =
        new ScalingSettings(
            config(config),
            new ScalingAnnotations(annotations),
            pick(random, List.of(Reachability.values())),
            random.nextInt(3));
    seen.status =
        random.nextInt(10) == 0
            ? PodAutoscalerStatus.NONE
            : Seen.status(
                pick(random, List.of(ConditionStatus.values())),
                Duration.ofSeconds(pick(random, List.of(0, 5, 15, 30, 60, 3600))),
                random.nextBoolean());
    seen.sks =
        random.nextInt(10) == 0
            ? Optional.empty()
            : Optional.of(
                new Observed.Sks(
                    random.nextInt(20) > 0,
                    new SksSpec(
                        pick(random, List.of(SksMode.values())),
                        Seen.TARGET,
                        Protocol.HTTP1,
                        random.nextInt(5)),
                    random.nextInt(10) == 0 ? "" : "rev-private",
                    random.nextInt(10) == 0 ? "" : "rev",
                    random.nextBoolean(),
                    "not yet",
                    random.nextBoolean()
                        ? Optional.empty()
                        : Optional.of(Seen.NOW.minusSeconds(random.nextInt(60)))));
    seen.decider =
        random.nextInt(10) == 0
            ? Optional.empty()
            : Optional.of(
                new Observed.Decider(
                    seen.settings.deciderSpec(),
                    new DeciderStatus(
                        random.nextInt(-1, 8),
                        random.nextInt(-5, 5),
                        random.nextInt(3) == 0 ? Optional.of(Seen.NOW) : Optional.empty())));
    MetricSpec metric = seen.settings.metricSpec("rev-private");
    seen.metric =
        switch (random.nextInt(4)) {
          case 0 -> Optional.empty();
          case 1 -> Optional.of(new Observed.Metric(random.nextInt(10) > 0, metric));
          default ->
              Optional.of(
                  new Observed.Metric(
                      true, new MetricSpec(metric.stableWindow(), metric.panicWindow(), "old")));
        };
    seen.pods = new PodCounts(random.nextInt(6), 0, 0, 0);
    seen.replicas =
        random.nextInt(5) == 0 ? OptionalInt.empty() : OptionalInt.of(random.nextInt(6));
    return seen.observed();
  }

  private static AutoscalerConfig config(Map<String, String> data) {
    return switch (AutoscalerConfig.parse(data)) {
      case AutoscalerConfig.Parsed.Good(AutoscalerConfig good) -> good;
      case AutoscalerConfig.Parsed.Bad(String errorText) -> throw new AssertionError(errorText);
    };
  }

  private static void maybe(Random random, Map<String, String> into, String key, String value) {
    if (random.nextInt(3) == 0) {
      into.put(key, value);
    }
  }

  private static <T> T pick(Random random, List<T> from) {
    return from.get(random.nextInt(from.size()));
  }
}
