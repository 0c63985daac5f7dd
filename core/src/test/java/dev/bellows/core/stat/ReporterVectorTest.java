package dev.bellows.core.stat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.core.golden.Golden;
import dev.bellows.core.golden.Golden.Agrees;
import dev.bellows.core.golden.Golden.Disagrees;
import dev.bellows.core.golden.Golden.Verdict;
import java.time.Duration;
import java.util.Base64;
import org.junit.jupiter.api.Test;

class ReporterVectorTest {
  @Test
  void servesTheBytesThatTheOriginalServes() {
    Golden.replay("reporter", ReporterVectorTest::judge);
  }

  private static Verdict judge(JsonNode recorded) {
    StatReporter reporter =
        new StatReporter(
            recorded.get("podName").textValue(),
            recorded.get("reportingPeriodMs").doubleValue() / 1000);
    Stat served = reporter.beforeFirstReport();
    int index = 0;
    for (JsonNode op : recorded.get("ops")) {
      switch (op.get(0).textValue()) {
        case "report" ->
            served =
                reporter.stat(
                    StatisticsVectorTest.report(op), Duration.ofMillis(op.get(1).longValue()));
        case "get" -> {
          String expected = op.get(3).textValue();
          String actual = Base64.getEncoder().encodeToString(StatWire.encode(served));
          if (!expected.equals(actual)) {
            return new Disagrees(
                "op %d: expected %s, got %s (%s)".formatted(index, op.get(2), served, actual));
          }
        }
        default -> throw new IllegalArgumentException("unknown op " + op);
      }
      index++;
    }
    return new Agrees();
  }
}
