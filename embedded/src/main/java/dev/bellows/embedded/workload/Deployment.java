package dev.bellows.embedded.workload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A view of a Deployment with Kubernetes' defaults for what it leaves out. For one thread. */
final class Deployment {
  private static final int DEFAULT_HISTORY = 10;
  private static final int DEFAULT_DEADLINE_SECONDS = 600;

  private final ObjectNode node;
  private @Nullable String hash;

  Deployment(ObjectNode node) {
    this.node = node;
  }

  /** The object itself. */
  ObjectNode node() {
    return node;
  }

  String name() {
    return node.path("metadata").path("name").asText();
  }

  String uid() {
    return node.path("metadata").path("uid").asText();
  }

  long generation() {
    return node.path("metadata").path("generation").asLong(0);
  }

  JsonNode spec() {
    return node.path("spec");
  }

  JsonNode status() {
    return node.path("status");
  }

  int replicas() {
    return spec().path("replicas").asInt(1);
  }

  boolean paused() {
    return spec().path("paused").asBoolean(false);
  }

  boolean recreates() {
    return spec().path("strategy").path("type").asText().equals("Recreate");
  }

  int historyLimit() {
    return spec().path("revisionHistoryLimit").asInt(DEFAULT_HISTORY);
  }

  Duration progressDeadline() {
    return Duration.ofSeconds(
        spec().path("progressDeadlineSeconds").asLong(DEFAULT_DEADLINE_SECONDS));
  }

  /** Pods beyond the wanted number during a rollout; a percentage is rounded up. */
  int maxSurge() {
    return share("maxSurge", true);
  }

  /** Wanted pods that may be unavailable during a rollout; a percentage is rounded down. */
  int maxUnavailable() {
    if (recreates()) {
      return 0;
    }
    int unavailable = share("maxUnavailable", false);
    // Both zero could never move: a small percentage rounds down to nothing.
    return unavailable == 0 && maxSurge() == 0
        ? Math.min(1, replicas())
        : Math.min(unavailable, replicas());
  }

  private int share(String field, boolean up) {
    JsonNode value = spec().path("strategy").path("rollingUpdate").path(field);
    if (value.isInt() || value.isLong()) {
      return value.asInt();
    }
    String text = value.asText("25%");
    double percent =
        Double.parseDouble(text.endsWith("%") ? text.substring(0, text.length() - 1) : text);
    double share = percent * replicas() / 100;
    return (int) (up ? Math.ceil(share) : Math.floor(share));
  }

  /** Of its template; made once, since it reads all of that. */
  String hash() {
    String made = hash;
    if (made == null) {
      made = PodTemplate.hash(spec().path("template"));
      hash = made;
    }
    return made;
  }
}
