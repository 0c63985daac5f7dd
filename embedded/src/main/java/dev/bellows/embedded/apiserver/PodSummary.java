package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;

/** What {@code kubectl get pods} says about a pod in a word. */
final class PodSummary {
  private PodSummary() {}

  /** Ready containers over all containers. */
  static String ready(ObjectNode pod) {
    int ready = 0;
    for (JsonNode status : pod.path("status").path("containerStatuses")) {
      if (status.path("ready").asBoolean()) {
        ready++;
      }
    }
    return ready + "/" + pod.path("spec").path("containers").size();
  }

  /** The most telling word: why it waits, how it ended, that it is going, or its phase. */
  static String status(ObjectNode pod) {
    JsonNode status = pod.path("status");
    String word = status.path("reason").asText(status.path("phase").asText());
    boolean initializing = false;
    int done = 0;
    int total = pod.path("spec").path("initContainers").size();
    for (JsonNode container : status.path("initContainerStatuses")) {
      JsonNode terminated = container.path("state").path("terminated");
      if (terminated.path("exitCode").asInt(-1) == 0) {
        done++;
        continue;
      }
      initializing = true;
      JsonNode waiting = container.path("state").path("waiting");
      String reason = waiting.path("reason").asText("");
      if (!terminated.isMissingNode()) {
        word = "Init:" + ended(terminated);
      } else if (!reason.isEmpty() && !reason.equals("PodInitializing")) {
        word = "Init:" + reason;
      } else {
        word = "Init:" + done + "/" + total;
      }
      break;
    }
    if (!initializing) {
      word = ofContainers(status.path("containerStatuses"), word);
    }
    if (pod.path("metadata").hasNonNull("deletionTimestamp")) {
      String phase = status.path("phase").asText();
      if (status.path("reason").asText("").equals("NodeLost")) {
        return "Unknown";
      }
      return phase.equals("Succeeded") || phase.equals("Failed") ? word : "Terminating";
    }
    return word;
  }

  private static String ofContainers(JsonNode containers, String phase) {
    String word = phase;
    boolean running = false;
    for (int i = containers.size() - 1; i >= 0; i--) {
      JsonNode container = containers.get(i);
      JsonNode waiting = container.path("state").path("waiting");
      JsonNode terminated = container.path("state").path("terminated");
      if (!waiting.path("reason").asText("").isEmpty()) {
        word = waiting.path("reason").asText();
      } else if (!terminated.isMissingNode()) {
        word = ended(terminated);
      } else if (container.path("ready").asBoolean() && container.path("state").has("running")) {
        running = true;
      }
    }
    return word.equals("Completed") && running ? "Running" : word;
  }

  private static String ended(JsonNode terminated) {
    String reason = terminated.path("reason").asText("");
    if (!reason.isEmpty()) {
      return reason;
    }
    int signal = terminated.path("signal").asInt(0);
    return signal != 0 ? "Signal:" + signal : "ExitCode:" + terminated.path("exitCode").asInt();
  }

  /** How often its containers were restarted, and how long ago last. */
  static String restarts(ObjectNode pod, Instant now) {
    int restarts = 0;
    String last = "";
    for (JsonNode status : pod.path("status").path("containerStatuses")) {
      restarts += status.path("restartCount").asInt(0);
      String finished = Json.text(status, "lastState", "terminated", "finishedAt");
      if (finished.compareTo(last) > 0) {
        last = finished;
      }
    }
    return restarts > 0 && !last.isEmpty()
        ? restarts + " (" + Age.since(last, now) + " ago)"
        : Integer.toString(restarts);
  }

  /** Gates passed over all gates. */
  static String readinessGates(ObjectNode pod) {
    JsonNode gates = pod.path("spec").path("readinessGates");
    if (gates.isEmpty()) {
      return "<none>";
    }
    int passed = 0;
    for (JsonNode gate : gates) {
      for (JsonNode condition : pod.path("status").path("conditions")) {
        if (condition.path("type").equals(gate.path("conditionType"))
            && condition.path("status").asText().equals("True")) {
          passed++;
        }
      }
    }
    return passed + "/" + gates.size();
  }
}
