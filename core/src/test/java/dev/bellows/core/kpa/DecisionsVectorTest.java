package dev.bellows.core.kpa;

import static dev.bellows.core.golden.Golden.number;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.core.golden.Golden;
import dev.bellows.core.golden.Golden.Agrees;
import dev.bellows.core.golden.Golden.Disagrees;
import dev.bellows.core.golden.Golden.Verdict;
import dev.bellows.core.stat.Observation;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class DecisionsVectorTest {

  @Test
  void theAutoscalerDecidesAsTheOriginal() {
    Golden.replay("decisions", DecisionsVectorTest::judge);
  }

  /** All that a tick is compared by. */
  private record Outcome(
      int desired, int ebc, boolean valid, int activators, boolean inPanic, int maxPanicPods) {}

  private static Verdict judge(JsonNode recorded) {
    long start = recorded.get("startUnixMs").longValue();
    DeciderSpec spec = RecordedSpec.read(recorded.get("spec"));
    int readyAtStart =
        recorded.has("readyAtStartError") ? 0 : recorded.path("readyAtStart").intValue();
    Autoscaler autoscaler = new Autoscaler(Instant.ofEpochMilli(start), spec, readyAtStart);
    for (int tick = 0; tick < recorded.get("tMs").size(); tick++) {
      for (JsonNode update : recorded.path("specUpdates")) {
        if (update.get("tick").intValue() == tick) {
          spec = RecordedSpec.read(update.get("spec"));
          autoscaler.update(spec);
        }
      }
      for (JsonNode restart : recorded.path("restarts")) {
        if (restart.get("tick").intValue() == tick) {
          Instant at = Instant.ofEpochMilli(start + restart.get("atMs").longValue());
          int ready = restart.has("readyError") ? 0 : restart.get("ready").intValue();
          autoscaler = new Autoscaler(at, spec, ready);
        }
      }
      Instant now = Instant.ofEpochMilli(start + recorded.get("tMs").get(tick).longValue());
      String readyError = recorded.path("readyErrors").path("" + tick).asText("");
      int readyPods = readyError.isEmpty() ? recorded.get("ready").get(tick).intValue() : 0;
      ScaleResult result =
          autoscaler.step(now, readyPods, observation(recorded, tick, readyError.equals("error")));

      Outcome outcome = outcome(result, spec.numActivators(readyPods), autoscaler);
      Outcome expected = expected(recorded, tick);
      if (!outcome.equals(expected)) {
        return new Disagrees("tick %d: expected %s, got %s".formatted(tick, expected, outcome));
      }
    }
    return new Agrees();
  }

  private static Observation observation(JsonNode recorded, int tick, boolean podsUnknown) {
    if (podsUnknown) {
      return Observation.Missing.PODS_UNKNOWN;
    }
    String error = recorded.path("metricErrors").path("" + tick).asText("");
    return switch (error) {
      case "" ->
          new Observation.Load(
              number(recorded.get("stable").get(tick)), number(recorded.get("panic").get(tick)));
      case "noData" -> Observation.Missing.NO_DATA;
      default -> Observation.Missing.NOT_COLLECTING;
    };
  }

  private static Outcome outcome(ScaleResult result, int activators, Autoscaler autoscaler) {
    boolean panicking = autoscaler.panicSince().isPresent();
    return switch (result) {
      case ScaleResult.Scale(int desired, int excess, Because because) ->
          new Outcome(desired, excess, true, activators, panicking, autoscaler.maxPanicPods());
      case ScaleResult.Hold(Because because) ->
          new Outcome(0, 0, false, activators, panicking, autoscaler.maxPanicPods());
    };
  }

  private static Outcome expected(JsonNode recorded, int tick) {
    return new Outcome(
        recorded.get("desired").get(tick).intValue(),
        recorded.get("ebc").get(tick).intValue(),
        recorded.get("valid").get(tick).intValue() == 1,
        recorded.get("activators").get(tick).intValue(),
        recorded.get("inPanic").get(tick).intValue() == 1,
        recorded.get("maxPanicPods").get(tick).intValue());
  }
}
