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
import org.junit.jupiter.api.Test;

class WindowsVectorTest {

  @Test
  void slidingWindowsShowWhatTheOriginalsShow() {
    Golden.replay("windows", WindowsVectorTest::judge);
  }

  private static Verdict judge(JsonNode recorded) {
    Window window =
        new Window(
            recorded.get("algorithm").textValue().equals("weighted")
                ? Aggregation.WEIGHTED_EXPONENTIAL
                : Aggregation.LINEAR,
            Duration.ofSeconds(recorded.get("windowSec").longValue()),
            Duration.ofSeconds(recorded.get("granularitySec").longValue()));
    long base = recorded.get("baseUnixMs").longValue();
    int index = 0;
    for (JsonNode op : recorded.get("ops")) {
      Instant at = Instant.ofEpochMilli(base + op.get(1).longValue());
      switch (op.get(0).textValue()) {
        case "r" -> window.record(at, number(op.get(2)));
        case "w" -> window.resize(Duration.ofSeconds(op.get(2).longValue()), at);
        case "q" -> {
          double average = window.averageAt(at);
          boolean empty = window.isEmptyAt(at);
          if (!close(number(op.get(2)), average) || empty != op.get(3).booleanValue()) {
            return new Disagrees("op %d %s gave %s, %s".formatted(index, op, average, empty));
          }
        }
        default -> throw new IllegalArgumentException("unknown op " + op);
      }
      index++;
    }
    return new Agrees();
  }
}
