package dev.bellows.core.stat;

import static dev.bellows.core.golden.Golden.close;
import static dev.bellows.core.golden.Golden.number;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.core.golden.Golden;
import dev.bellows.core.golden.Golden.Agrees;
import dev.bellows.core.golden.Golden.Disagrees;
import dev.bellows.core.golden.Golden.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CollectorVectorTest {

  @Test
  void collectedMetricsShowWhatTheOriginalsShow() {
    Golden.replay("collector", CollectorVectorTest::judge);
  }

  private static Verdict judge(JsonNode recorded) {
    Silence silence = Silence.of(recorded.get("scrapeTarget").textValue());
    Optional<MetricCollection> collection =
        Optional.of(
            new MetricCollection(
                Aggregation.of(recorded.path("algorithmAnnotation").asText("")),
                seconds(recorded.get("stableWindowSec")),
                seconds(recorded.get("panicWindowSec")),
                silence));
    long base = recorded.get("baseUnixMs").longValue();
    int index = 0;
    for (JsonNode op : recorded.get("ops")) {
      Instant at = Instant.ofEpochMilli(base + op.get(1).longValue());
      switch (op.get(0).textValue()) {
        case "r" -> collection.ifPresent(found -> found.record(at, sample(op)));
        case "u" ->
            collection.ifPresent(
                found -> found.update(seconds(op.get(2)), seconds(op.get(3)), silence, at));
        case "d" -> collection = Optional.empty();
        case "q" -> {
          Observation concurrency = read(collection.map(found -> found.concurrencyAt(at)));
          Observation rps = read(collection.map(found -> found.requestsPerSecondAt(at)));
          if (!agrees(op.get(2), op.get(3), op.get(4), concurrency)
              || !agrees(op.get(5), op.get(6), op.get(7), rps)) {
            return new Disagrees("op %d %s gave %s, %s".formatted(index, op, concurrency, rps));
          }
        }
        default -> throw new IllegalArgumentException("unknown op " + op);
      }
      index++;
    }
    return new Agrees();
  }

  private static Observation read(Optional<Observation> observation) {
    return observation.orElse(Observation.Missing.NOT_COLLECTING);
  }

  private static boolean agrees(JsonNode stable, JsonNode panic, JsonNode error, Observation seen) {
    return switch (seen) {
      case Observation.Load load ->
          error.isNull()
              && close(number(stable), load.stable())
              && close(number(panic), load.panic());
      case Observation.Missing missing ->
          switch (missing) {
            case NO_DATA -> error.asText().equals("noData");
            case NOT_COLLECTING -> error.asText().equals("notCollecting");
            case PODS_UNKNOWN -> false;
          };
    };
  }

  private static Stat sample(JsonNode op) {
    return new Stat(
        "pod", number(op.get(2)), number(op.get(3)), number(op.get(4)), number(op.get(5)), 0, 0);
  }

  private static Duration seconds(JsonNode node) {
    return Duration.ofSeconds(node.longValue());
  }
}
