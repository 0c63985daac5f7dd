package dev.bellows.embedded.kubelet;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Where a container is in its life, as {@code core/v1 ContainerState} tells it. */
sealed interface ContainerState {
  /**
   * Not running, but to be run.
   *
   * @param message empty where the reason says it all
   */
  record Waiting(String reason, String message) implements ContainerState {}

  record Running(Instant startedAt, String containerId) implements ContainerState {}

  record Terminated(
      int exitCode,
      String reason,
      String message,
      Instant startedAt,
      Instant finishedAt,
      String containerId)
      implements ContainerState {}

  /** The state as JSON. */
  default ObjectNode render() {
    ObjectNode state = JsonNodeFactory.instance.objectNode();
    switch (this) {
      case Waiting waiting -> {
        ObjectNode node = state.putObject("waiting").put("reason", waiting.reason());
        if (!waiting.message().isEmpty()) {
          node.put("message", waiting.message());
        }
      }
      case Running running ->
          state.putObject("running").put("startedAt", stamp(running.startedAt()));
      case Terminated ended -> {
        ObjectNode node = state.putObject("terminated");
        node.put("exitCode", ended.exitCode()).put("reason", ended.reason());
        if (!ended.message().isEmpty()) {
          node.put("message", ended.message());
        }
        node.put("startedAt", stamp(ended.startedAt()));
        node.put("finishedAt", stamp(ended.finishedAt()));
        if (!ended.containerId().isEmpty()) {
          node.put("containerID", ended.containerId());
        }
      }
    }
    return state;
  }

  /** Kubernetes' form of an instant: whole seconds, UTC. */
  static String stamp(Instant instant) {
    return instant.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
