package dev.bellows.core.podautoscaler;

import static dev.bellows.core.golden.Golden.number;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.core.condition.Condition;
import dev.bellows.core.condition.Conditions;
import dev.bellows.core.golden.Golden;
import dev.bellows.core.golden.Golden.Verdict;
import dev.bellows.core.kpa.DeciderSpec;
import dev.bellows.core.kpa.DeciderStatus;
import dev.bellows.core.kpa.Recorded;
import dev.bellows.core.kpa.ScaleBounds;
import dev.bellows.core.kpa.ScalingSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Recorded results of the small functions around a PodAutoscaler. */
class PaVectorTest {
  @Test
  void computesAsRecorded() {
    Golden.replay("pa", PaVectorTest::judge);
  }

  private static Verdict judge(JsonNode recorded) {
    JsonNode in = recorded.path("in");
    JsonNode out = recorded.path("out");
    return switch (recorded.path("kind").asText()) {
      case "scaleBounds" -> {
        ScaleBounds bounds = Recorded.settings(in).scaleBounds();
        yield Recorded.compare(
            new ScaleBounds(out.path("min").asInt(), out.path("max").asInt()), bounds);
      }
      case "initialScale" ->
          Recorded.compare(out.path("initialScale").asInt(), Recorded.settings(in).initialScale());
      case "applyBounds" ->
          Recorded.compare(
              out.path("value").asInt(),
              new ScaleBounds(in.path("min").asInt(), in.path("max").asInt())
                  .apply(in.path("x").asInt()));
      case "numActivators" ->
          Recorded.compare(
              out.path("numActivators").asInt(),
              withCapacities(in).numActivators(in.path("readyPods").asInt()));
      case "deciderStatus" ->
          Recorded.compare(
              new DeciderStatus(out.path("desiredScale").asInt(), out.path("ebc").asInt()),
              DeciderStatus.initial(Recorded.decider(in.path("spec"))));
      case "notify" -> judgeNotify(in, out);
      case "activeCondition" -> judgeActive(in, out);
      case "scaleToZero" -> judgeScaleToZero(in, out);
      case "scale" -> judgeScale(in, out);
      case String other -> throw new AssertionError("unknown kind " + other);
    };
  }

  private static DeciderSpec withCapacities(JsonNode in) {
    return new DeciderSpec(
        "concurrency",
        1,
        number(in.path("totalValue")),
        number(in.path("targetBurstCapacity")),
        number(in.path("activatorCapacity")),
        2,
        10,
        2,
        Duration.ofMinutes(1),
        Duration.ZERO,
        1,
        0,
        true);
  }

  private static Verdict judgeNotify(JsonNode in, JsonNode out) {
    DeciderStatus status =
        new DeciderStatus(in.path("desiredScale").asInt(), in.path("ebc").asInt());
    List<Boolean> told = new ArrayList<>();
    for (JsonNode result : in.path("results")) {
      DeciderStatus next =
          result.path(2).asInt() == 1
              ? new DeciderStatus(result.path(0).asInt(), result.path(1).asInt())
              : status;
      told.add(next.mustBeToldAfter(status));
      status = next;
    }
    List<Boolean> expected = new ArrayList<>();
    out.path("notify").forEach(each -> expected.add(each.asBoolean()));
    return Recorded.compare(
        expected + " " + out.path("desiredScale") + " " + out.path("ebc"),
        told + " " + status.desiredScale() + " " + status.excessBurstCapacity());
  }

  private static Verdict judgeActive(JsonNode in, JsonNode out) {
    ScalingSettings settings = Recorded.settings(in);
    PodAutoscalerStatus status =
        Seen.status(in, in.path("scaleTargetInitialized").asBoolean())
            .withServiceName(in.path("serviceName").asText());
    Conditions after =
        ActiveCondition.compute(
            settings, status, in.path("want").asInt(), in.path("ready").asInt(), Seen.NOW);
    JsonNode active = out.path("active");
    Condition actual = after.get("Active").orElseThrow();
    return Recorded.compare(
        "%s %s (%s: %s), initialized %s"
            .formatted(
                out.path("threshold"),
                active.path("status").asText(),
                active.path("reason").asText(),
                active.path("message").asText(),
                // Recorded without the conditions that every pass begins with: null is Unknown.
                out.path("scaleTargetInitialized").asText("Unknown")),
        "%s %s (%s: %s), initialized %s"
            .formatted(
                ActiveCondition.threshold(settings, status),
                actual.status().wireName(),
                actual.reason(),
                actual.message(),
                after.get("ScaleTargetInitialized").orElseThrow().status().wireName()));
  }

  private static Seen seen(JsonNode in) {
    Seen seen = new Seen();
    seen.settings = Recorded.settings(in);
    seen.progressDeadline = Duration.ofMillis(in.path("progressDeadlineMs").asLong());
    seen.status = Seen.status(in, in.path("scaleTargetInitialized").asBoolean());
    seen.sks = Optional.of(Seen.sks(in.path("sks")));
    seen.replicas =
        in.path("currentReplicas").isNumber()
            ? OptionalInt.of(in.path("currentReplicas").asInt())
            : OptionalInt.empty();
    return seen;
  }

  private static Verdict judgeScaleToZero(JsonNode in, JsonNode out) {
    Seen seen = seen(in);
    // So many that whatever is applied is also written.
    seen.replicas = OptionalInt.of(Integer.MAX_VALUE);
    Observed observed = seen.observed();
    int desired = in.path("desired").asInt();
    int scale = out.path("scale").asInt();
    String patched = out.path("apply").asBoolean() ? Integer.toString(scale) : "null";
    Written written =
        new Written(
            patched, out.path("enqueueAfterNs").toString(), out.path("asyncProbes").asInt());
    return compare(
        in,
        scale + " " + written + " " + out.path("probes").asInt(),
        each -> Scaler.settle(each, desired, "", Seen.NOW),
        observed);
  }

  private static Verdict judgeScale(JsonNode in, JsonNode out) {
    return compare(
        in,
        out.path("scale").asInt() + " " + Written.of(out) + " " + out.path("probes").asInt(),
        each -> Scaler.scale(each, in.path("desired").asInt(), Seen.NOW),
        seen(in).observed());
  }

  private static Verdict compare(
      JsonNode in, String expected, Function<Observed, Scaler.Scaling> scale, Observed observed) {
    int probes = 0;
    Scaler.Scaling scaling = scale.apply(observed);
    if (scaling instanceof Scaler.Scaling.Ask) {
      probes = 1;
      scaling = scale.apply(observed.answered(Seen.activator(in.path("probe").asText())));
    }
    return Recorded.compare(
        expected,
        switch (scaling) {
          case Scaler.Scaling.Settled(Want want) ->
              want.pods() + " " + Written.of(want.steps()) + " " + probes;
          case Scaler.Scaling.Ask _ -> "asks twice";
        });
  }

  /** What a step of scaling does, as text. */
  record Written(String patched, String again, int async) {
    static Written of(JsonNode out) {
      return new Written(
          out.path("patchedReplicas").toString(),
          out.path("enqueueAfterNs").toString(),
          out.path("asyncProbes").asInt());
    }

    static Written of(List<ScalingStep> steps) {
      String patched = "null";
      String again = "[]";
      int async = 0;
      for (ScalingStep step : steps) {
        switch (step) {
          case ScalingStep.SetReplicas(int replicas) -> patched = Integer.toString(replicas);
          case ScalingStep.LookAgain(Duration after) -> again = "[" + after.toNanos() + "]";
          case ScalingStep.KeepProbing _ -> async++;
          case ScalingStep.CreateDecider _,
              ScalingStep.UpdateDecider _,
              ScalingStep.CreateSks _,
              ScalingStep.UpdateSks _,
              ScalingStep.CreateMetric _,
              ScalingStep.UpdateMetric _ -> {}
        }
      }
      return new Written(patched, again, async);
    }
  }
}
