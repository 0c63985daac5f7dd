package dev.bellows.embedded.workload;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What an autoscaler has recommended and done, and how much of the next recommendation that lets
 * through: the least of the last minutes on the way up, the most on the way down, and no faster
 * than its policies say (Kubernetes documentation, "Horizontal Pod Autoscaling", configurable
 * scaling behavior). Not for several threads.
 */
final class Recommendations {
  private static final int DOWN_SECONDS = 300;
  private static final int PERIOD_SECONDS = 15;
  private static final int PODS_PER_PERIOD = 4;

  /** The longest window and period that the API takes are an hour and half of one. */
  private static final Duration KEPT = Duration.ofHours(1);

  private record Past(Instant at, int number) {}

  private final Deque<Past> recommended = new ArrayDeque<>();
  private final Deque<Past> changed = new ArrayDeque<>();

  /**
   * How many replicas there are to be.
   *
   * @param behavior of the autoscaler, if it has one
   * @param current how many there are
   * @param wanted by what is measured
   */
  int next(JsonNode behavior, int current, int wanted, Instant now) {
    forget(recommended, now);
    forget(changed, now);
    recommended.addLast(new Past(now, wanted));
    int up = wanted;
    int down = wanted;
    Instant upSince = now.minusSeconds(window(behavior.path("scaleUp"), 0));
    Instant downSince = now.minusSeconds(window(behavior.path("scaleDown"), DOWN_SECONDS));
    for (Past each : recommended) {
      if (!each.at().isBefore(upSince)) {
        up = Math.min(up, each.number());
      }
      if (!each.at().isBefore(downSince)) {
        down = Math.max(down, each.number());
      }
    }
    int steady = Math.clamp(current, Math.min(up, down), Math.max(up, down));
    if (steady > current) {
      return Math.min(steady, highest(behavior.path("scaleUp"), current, now));
    }
    return Math.max(steady, lowest(behavior.path("scaleDown"), current, now));
  }

  /** That the number of replicas has been changed. */
  void changed(int from, int to, Instant now) {
    changed.addLast(new Past(now, to - from));
  }

  private static void forget(Deque<Past> past, Instant now) {
    while (!past.isEmpty() && past.getFirst().at().isBefore(now.minus(KEPT))) {
      past.removeFirst();
    }
  }

  private static int window(JsonNode way, int standard) {
    return way.path("stabilizationWindowSeconds").asInt(standard);
  }

  private int highest(JsonNode way, int current, Instant now) {
    if (way.path("selectPolicy").asText().equals("Disabled")) {
      return current;
    }
    if (!way.isObject()) {
      int before = current - added(PERIOD_SECONDS, now);
      return Math.max(before + PODS_PER_PERIOD, 2 * before);
    }
    boolean least = way.path("selectPolicy").asText().equals("Min");
    int highest = least ? Integer.MAX_VALUE : current;
    for (JsonNode policy : way.path("policies")) {
      int before = current - added(policy.path("periodSeconds").asInt(PERIOD_SECONDS), now);
      int value = policy.path("value").asInt();
      int most =
          policy.path("type").asText().equals("Pods")
              ? before + value
              : (int) Math.ceil(before * (1 + value / 100.0));
      highest = least ? Math.min(highest, most) : Math.max(highest, most);
    }
    return highest;
  }

  private int lowest(JsonNode way, int current, Instant now) {
    if (way.path("selectPolicy").asText().equals("Disabled")) {
      return current;
    }
    if (!way.isObject()) {
      return 0; // all at once, once the window has passed
    }
    boolean least = way.path("selectPolicy").asText().equals("Min");
    int lowest = least ? 0 : current;
    for (JsonNode policy : way.path("policies")) {
      int before = current + removed(policy.path("periodSeconds").asInt(PERIOD_SECONDS), now);
      int value = policy.path("value").asInt();
      int fewest =
          policy.path("type").asText().equals("Pods")
              ? before - value
              : (int) (before * (1 - value / 100.0));
      lowest = least ? Math.max(lowest, fewest) : Math.min(lowest, fewest);
    }
    return lowest;
  }

  private int added(int seconds, Instant now) {
    return changed.stream()
        .filter(each -> each.number() > 0 && each.at().isAfter(now.minusSeconds(seconds)))
        .mapToInt(Past::number)
        .sum();
  }

  private int removed(int seconds, Instant now) {
    return -changed.stream()
        .filter(each -> each.number() < 0 && each.at().isAfter(now.minusSeconds(seconds)))
        .mapToInt(Past::number)
        .sum();
  }
}
