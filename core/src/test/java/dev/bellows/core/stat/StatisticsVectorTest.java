package dev.bellows.core.stat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.core.golden.Golden;
import dev.bellows.core.golden.Golden.Agrees;
import dev.bellows.core.golden.Golden.Disagrees;
import dev.bellows.core.golden.Golden.Verdict;
import org.junit.jupiter.api.Test;

class StatisticsVectorTest {
  @Test
  void weighsRequestsByTimeAsTheOriginalDoes() {
    Golden.replay("statistics", StatisticsVectorTest::judge);
  }

  private static Verdict judge(JsonNode recorded) {
    RequestStatistics statistics = new RequestStatistics(0);
    int index = 0;
    for (JsonNode op : recorded.get("ops")) {
      long now = op.get(1).longValue();
      switch (op.get(0).textValue()) {
        case "in" -> statistics.requestIn(now);
        case "out" -> statistics.requestOut(now);
        case "pin" -> statistics.proxiedIn(now);
        case "pout" -> statistics.proxiedOut(now);
        case "report" -> {
          RequestReport expected = report(op);
          RequestReport actual = statistics.report(now);
          if (!agree(expected, actual)) {
            return new Disagrees("op %d: expected %s, got %s".formatted(index, expected, actual));
          }
        }
        default -> throw new IllegalArgumentException("unknown op " + op);
      }
      index++;
    }
    return new Agrees();
  }

  static RequestReport report(JsonNode op) {
    return new RequestReport(
        Golden.number(op.get(2)),
        Golden.number(op.get(3)),
        Golden.number(op.get(4)),
        Golden.number(op.get(5)));
  }

  private static boolean agree(RequestReport expected, RequestReport actual) {
    return Golden.close(expected.averageConcurrency(), actual.averageConcurrency())
        && Golden.close(expected.averageProxiedConcurrency(), actual.averageProxiedConcurrency())
        && expected.requestCount() == actual.requestCount()
        && expected.proxiedRequestCount() == actual.proxiedRequestCount();
  }
}
