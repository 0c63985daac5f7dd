package dev.bellows.embedded.kubelet;

import com.fasterxml.jackson.databind.JsonNode;
import dev.bellows.embedded.runtime.Container;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** A container of a pod over all its starts. Touched by the pod's worker alone. */
final class ContainerSlot {
  /** What a container runtime says of a program that SIGKILL ended. */
  private static final int UNKNOWN_EXIT = 137;

  final JsonNode definition;
  final String name;
  final boolean isInit;
  final RestartDelay restartDelay = new RestartDelay();
  final List<ProbeLoop> probes = new ArrayList<>();
  ContainerState state;
  Optional<ContainerState.Terminated> last = Optional.empty();
  Optional<Container> running = Optional.empty();
  int restarts;
  boolean ready;
  boolean started;
  boolean stopping;
  Instant notBefore = Instant.MIN;

  ContainerSlot(JsonNode definition, boolean isInit) {
    this.definition = definition;
    this.isInit = isInit;
    this.name = definition.path("name").asText();
    this.state = new ContainerState.Waiting(isInit ? "PodInitializing" : "ContainerCreating", "");
  }

  String image() {
    return definition.path("image").asText();
  }

  boolean isRunning() {
    return running.isPresent();
  }

  /** Whether it has ended and, by what the pod asks for, is not started again. */
  boolean isDone() {
    return running.isEmpty() && state instanceof ContainerState.Terminated;
  }

  boolean succeeded() {
    return isDone() && state instanceof ContainerState.Terminated ended && ended.exitCode() == 0;
  }

  void stopProbing() {
    probes.forEach(ProbeLoop::close);
    probes.clear();
  }

  PodStatus.ContainerFacts facts() {
    boolean initDone = isInit && succeeded();
    return new PodStatus.ContainerFacts(
        name, image(), state, last, restarts, ready || initDone, started && isRunning());
  }

  /**
   * Takes over what the pod's status says of the time before this kubelet. Whatever ran then has
   * ended with its kubelet, at an unknown moment and with an unknown code.
   *
   * @param isRestarted whether the pod wants another start after such an end
   */
  void recall(JsonNode status, Instant now, Predicate<ContainerState.Terminated> isRestarted) {
    restarts = status.path("restartCount").asInt(0);
    Optional<ContainerState.Terminated> end = Optional.empty();
    if (status.path("state").has("running")) {
      end =
          Optional.of(
              new ContainerState.Terminated(
                  UNKNOWN_EXIT,
                  "ContainerStatusUnknown",
                  "The container could not be located when the kubelet started.",
                  instant(status.path("state").path("running").path("startedAt"), now),
                  now,
                  status.path("containerID").asText("")));
    } else if (status.path("state").has("terminated")) {
      end = Optional.of(terminated(status.path("state").path("terminated"), now));
    } else if (status.path("lastState").has("terminated")) {
      // It waited for its next start, which was counted already.
      last = Optional.of(terminated(status.path("lastState").path("terminated"), now));
    }
    if (end.isPresent() && !isRestarted.test(end.get())) {
      state = end.get();
    } else if (end.isPresent()) {
      last = end;
      restarts++;
    }
  }

  private static ContainerState.Terminated terminated(JsonNode node, Instant now) {
    return new ContainerState.Terminated(
        node.path("exitCode").asInt(0),
        node.path("reason").asText(),
        node.path("message").asText(""),
        instant(node.path("startedAt"), now),
        instant(node.path("finishedAt"), now),
        node.path("containerID").asText(""));
  }

  private static Instant instant(JsonNode stamp, Instant otherwise) {
    return stamp.isTextual() ? Instant.parse(stamp.asText()) : otherwise;
  }
}
