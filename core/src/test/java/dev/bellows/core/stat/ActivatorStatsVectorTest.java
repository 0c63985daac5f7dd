package dev.bellows.core.stat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.core.golden.Golden;
import dev.bellows.core.golden.Golden.Agrees;
import dev.bellows.core.golden.Golden.Disagrees;
import dev.bellows.core.golden.Golden.Verdict;
import dev.bellows.core.revision.RevisionId;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Replays what Knative's activator reported about the requests passing through it. */
class ActivatorStatsVectorTest {
  @Test
  void reportsAsRecorded() {
    Golden.replay("activatorstats", ActivatorStatsVectorTest::judge);
  }

  private static Verdict judge(JsonNode recorded) {
    String podName = recorded.path("podName").asText();
    ActivatorStatistics statistics = new ActivatorStatistics(podName);
    Map<Integer, RevisionId> open = new HashMap<>();
    for (JsonNode op : recorded.path("ops")) {
      long nowNanos = op.path(1).longValue();
      List<JsonNode> expected = List.of();
      List<StatMessage> actual = List.of();
      switch (op.path(0).asText()) {
        case "in" -> {
          RevisionId revision = revision(op.path(3).asText());
          open.put(op.path(2).intValue(), revision);
          actual = statistics.requestIn(revision, nowNanos).stream().toList();
          expected = op.path(4).isNull() ? List.of() : List.of(op.path(4));
        }
        case "out" -> statistics.requestOut(open.get(op.path(2).intValue()), nowNanos);
        case "report" -> {
          actual =
              statistics.report(nowNanos).stream()
                  .sorted(Comparator.comparing(StatMessage::revision))
                  .toList();
          expected = op.path(2).valueStream().toList();
        }
        default -> throw new AssertionError("unknown operation " + op);
      }
      if (!same(podName, expected, actual)) {
        return new Disagrees("at %d ns: expected %s, got %s".formatted(nowNanos, expected, actual));
      }
    }
    return new Agrees();
  }

  private static RevisionId revision(String key) {
    return new RevisionId(key.substring(0, key.indexOf('/')), key.substring(key.indexOf('/') + 1));
  }

  private static boolean same(String podName, List<JsonNode> expected, List<StatMessage> actual) {
    if (expected.size() != actual.size()) {
      return false;
    }
    for (int i = 0; i < expected.size(); i++) {
      JsonNode message = expected.get(i);
      Stat stat = actual.get(i).stat();
      if (!message.path("revision").asText().equals(actual.get(i).revision().toString())
          || !Golden.close(
              Golden.number(message.path("averageConcurrentRequests")),
              stat.averageConcurrentRequests())
          || !Golden.close(Golden.number(message.path("requestCount")), stat.requestCount())
          || !stat.podName().equals(podName)) {
        return false;
      }
    }
    return true;
  }
}
