package dev.bellows.embedded.workload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;

/** Questions that controllers ask of a pod. */
public final class Pods {
  private static final String DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";

  private Pods() {}

  /** Whether it is neither finished nor on its way out. */
  static boolean isActive(ObjectNode pod) {
    return !isDeleting(pod) && !isFinished(pod);
  }

  /** Whether its deletion was asked for. */
  public static boolean isDeleting(ObjectNode pod) {
    return pod.path("metadata").hasNonNull("deletionTimestamp");
  }

  /** Whether its containers have ended for good. */
  public static boolean isFinished(ObjectNode pod) {
    String phase = pod.path("status").path("phase").asText();
    return phase.equals("Succeeded") || phase.equals("Failed");
  }

  /** Whether its Ready condition is true. */
  public static boolean isReady(ObjectNode pod) {
    return readySince(pod).isPresent();
  }

  private static Optional<Instant> readySince(ObjectNode pod) {
    for (JsonNode condition : pod.path("status").path("conditions")) {
      if (condition.path("type").asText().equals("Ready")
          && condition.path("status").asText().equals("True")) {
        return Optional.of(time(condition.path("lastTransitionTime")));
      }
    }
    return Optional.empty();
  }

  /** Whether it has been ready for at least {@code minReady}. */
  static boolean isAvailable(ObjectNode pod, Duration minReady, Instant now) {
    return readySince(pod)
        .filter(since -> minReady.isZero() || !since.plus(minReady).isAfter(now))
        .isPresent();
  }

  /** When a ready pod becomes available; empty if it is not ready. */
  static Optional<Instant> availableAt(ObjectNode pod, Duration minReady) {
    return readySince(pod).map(since -> since.plus(minReady));
  }

  private static Instant time(JsonNode stamp) {
    return stamp.isTextual() ? Instant.parse(stamp.asText()) : Instant.EPOCH;
  }

  /**
   * Whom to delete first, as upstream ranks pods: not placed, then pending, then not ready, then
   * cheap to delete, then ready for the shortest time, then restarted most, then youngest.
   */
  static Comparator<ObjectNode> deletionOrder() {
    return Comparator.comparing((ObjectNode pod) -> pod.path("spec").hasNonNull("nodeName"))
        .thenComparingInt(Pods::phaseRank)
        .thenComparing(Pods::isReady)
        .thenComparingLong(Pods::deletionCost)
        .thenComparing(pod -> readySince(pod).orElse(Instant.EPOCH), Comparator.reverseOrder())
        .thenComparing(Comparator.comparingInt(Pods::restarts).reversed())
        .thenComparing(
            pod -> time(pod.path("metadata").path("creationTimestamp")), Comparator.reverseOrder())
        .thenComparing(pod -> pod.path("metadata").path("name").asText());
  }

  private static int phaseRank(ObjectNode pod) {
    return switch (pod.path("status").path("phase").asText()) {
      case "Pending", "" -> 0;
      case "Unknown" -> 1;
      default -> 2;
    };
  }

  private static long deletionCost(ObjectNode pod) {
    String cost = pod.path("metadata").path("annotations").path(DELETION_COST).asText("0");
    try {
      return Integer.parseInt(cost);
    } catch (NumberFormatException e) {
      return 0; // upstream ignores what is no int32
    }
  }

  private static int restarts(ObjectNode pod) {
    int restarts = 0;
    for (JsonNode status : pod.path("status").path("containerStatuses")) {
      restarts = Math.max(restarts, status.path("restartCount").asInt(0));
    }
    return restarts;
  }
}
