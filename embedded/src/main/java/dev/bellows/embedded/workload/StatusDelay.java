package dev.bellows.embedded.workload;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.embedded.controller.Key;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Lets a status wait for what happens next, so that on the way from a wish to a running pod one
 * status is written instead of three, and none before the pod is on its way. What others wait for,
 * a change in the pods that are ready or available, is never held back, and what is said of a
 * failure not for long.
 *
 * <p>Remembers a key only while its status waits. Safe for any number of threads.
 */
final class StatusDelay {
  private static final Duration LENGTH = Duration.ofMillis(50);

  /**
   * Of a status that only tells of pods on their way: what becomes of them is told with it, if it
   * is clear within this time.
   */
  private static final Duration LENGTH_ON_THE_WAY = Duration.ofSeconds(1);

  private static final List<String> URGENT = List.of("readyReplicas", "availableReplicas");

  private final Clock clock;
  private final Map<Key, Instant> due = new ConcurrentHashMap<>();

  StatusDelay(Clock clock) {
    this.clock = clock;
  }

  /**
   * How long this status of an object has to wait; empty if it is to be written now.
   *
   * @param onTheWay whether it tells of nothing but new pods that are not ready yet
   */
  Optional<Duration> before(Key key, JsonNode stored, JsonNode status, boolean onTheWay) {
    if (URGENT.stream()
        .allMatch(field -> stored.path(field).asInt() == status.path(field).asInt())) {
      Instant now = clock.instant();
      Instant at =
          due.merge(key, now.plus(onTheWay ? LENGTH_ON_THE_WAY : LENGTH), StatusDelay::earlier);
      if (now.isBefore(at)) {
        return Optional.of(Duration.between(now, at));
      }
    }
    due.remove(key);
    return Optional.empty();
  }

  private static Instant earlier(Instant one, Instant other) {
    return one.isBefore(other) ? one : other;
  }

  /** An object's stored status is right, or the object is gone: nothing waits. */
  void over(Key key) {
    due.remove(key);
  }
}
