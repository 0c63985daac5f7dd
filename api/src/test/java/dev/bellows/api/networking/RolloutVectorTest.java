package dev.bellows.api.networking;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.core.golden.Golden;
import dev.bellows.core.golden.Golden.Agrees;
import dev.bellows.core.golden.Golden.Disagrees;
import dev.bellows.core.golden.Golden.Verdict;
import dev.bellows.core.rollout.Rollout;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Series of reconciles with gradual rollout, against the original's. */
class RolloutVectorTest {
  @Test
  void eachStepIsUpstreams() {
    Golden.replay("rollout", RolloutVectorTest::judge);
  }

  private static Verdict judge(JsonNode recorded) {
    Optional<Rollout> carried = Optional.empty();
    int index = 0;
    for (JsonNode event : recorded.path("events")) {
      Rollout out = step(event, carried);
      long next = event.path("durationSec").asLong() <= 0 ? 0 : out.nextStepTimeNanos().orElse(0);
      Rollout expected = read(event.path("out"));
      if (!out.equals(expected) || next != event.path("nextStepNs").asLong()) {
        return new Disagrees(
            "event %d: expected %s next %s, came %s next %d"
                .formatted(
                    index,
                    RolloutAnnotation.write(expected),
                    event.path("nextStepNs"),
                    RolloutAnnotation.write(out),
                    next));
      }
      // What is carried goes through the annotation, as it does in a cluster.
      carried = RolloutAnnotation.read(RolloutAnnotation.write(out));
      index++;
    }
    return new Agrees();
  }

  private static Rollout step(JsonNode event, Optional<Rollout> carried) {
    Rollout wanted = read(event.path("cur"));
    long now = event.path("tNs").asLong();
    long duration = event.path("durationSec").asLong();
    if (duration <= 0) {
      return wanted;
    }
    Optional<Rollout> before =
        event.has("previousOverride")
            ? RolloutAnnotation.read(event.path("previousOverride").asText())
            : carried;
    if (event.path("observeReady").asBoolean()) {
      before = before.map(rollout -> rollout.observedReadyAt(now, duration));
    }
    return before.map(rollout -> rollout.towards(wanted, now)).orElse(wanted);
  }

  private static Rollout read(JsonNode rollout) {
    return rollout.isEmpty()
        ? new Rollout(List.of())
        : RolloutAnnotation.read(rollout.toString()).orElseThrow();
  }
}
