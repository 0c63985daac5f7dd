package dev.bellows.embedded.kubelet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The status of a pod as Kubernetes writes it, from facts alone (Kubernetes documentation, "Pod
 * Lifecycle").
 */
final class PodStatus {
  private static final Set<String> OURS =
      Set.of(
          "PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled");

  private final ObjectNode pod;
  private final Facts facts;
  private final Instant now;

  /**
   * What is to be told of a container.
   *
   * @param last how it ended before its present state, if it did
   * @param started whether its startup probe has succeeded, or it has none
   */
  record ContainerFacts(
      String name,
      String image,
      ContainerState state,
      Optional<ContainerState.Terminated> last,
      int restarts,
      boolean ready,
      boolean started) {}

  /**
   * What is to be told of a pod.
   *
   * @param podIp empty before it has one
   * @param reason why the whole pod failed, such as {@code DeadlineExceeded}; empty if it did not
   */
  record Facts(
      List<ContainerFacts> initContainers,
      List<ContainerFacts> containers,
      String podIp,
      String hostIp,
      Instant startTime,
      String reason,
      String message) {}

  private PodStatus(ObjectNode pod, Facts facts, Instant now) {
    this.pod = pod;
    this.facts = facts;
    this.now = now;
  }

  /**
   * The status to write.
   *
   * @param pod its present state; conditions that are not ours are kept, as are the times of those
   *     that do not change
   */
  static ObjectNode render(ObjectNode pod, Facts facts, Instant now) {
    return new PodStatus(pod, facts, now).render();
  }

  /**
   * Whether somebody else has put it out of service, as the cluster does with pods of a node that
   * it has not heard of for a while: its containers are ready, it is not, and no reason is given.
   */
  static boolean isMarkedNotReady(ObjectNode pod) {
    boolean unready = false;
    boolean containersReady = false;
    for (JsonNode condition : pod.path("status").path("conditions")) {
      String status = condition.path("status").asText();
      switch (condition.path("type").asText()) {
        case "Ready" ->
            unready = status.equals("False") && condition.path("reason").asText().isEmpty();
        case "ContainersReady" -> containersReady = status.equals("True");
        default -> {}
      }
    }
    return unready && containersReady;
  }

  private ObjectNode render() {
    ObjectNode status = JsonNodeFactory.instance.objectNode();
    String phase = phase();
    status.put("phase", phase);
    status.set("conditions", conditions(phase));
    if (!facts.message().isEmpty()) {
      status.put("message", facts.message());
    }
    if (!facts.reason().isEmpty()) {
      status.put("reason", facts.reason());
    }
    status.put("hostIP", facts.hostIp());
    status.putArray("hostIPs").addObject().put("ip", facts.hostIp());
    if (!facts.podIp().isEmpty()) {
      status.put("podIP", facts.podIp());
      status.putArray("podIPs").addObject().put("ip", facts.podIp());
    }
    status.put("startTime", ContainerState.stamp(facts.startTime()));
    if (!facts.initContainers().isEmpty()) {
      ArrayNode init = status.putArray("initContainerStatuses");
      facts.initContainers().forEach(each -> init.add(container(each)));
    }
    ArrayNode containers = status.putArray("containerStatuses");
    facts.containers().forEach(each -> containers.add(container(each)));
    status.put("qosClass", qosClass());
    return status;
  }

  private static ObjectNode container(ContainerFacts facts) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("name", facts.name());
    node.set("state", facts.state().render());
    node.set(
        "lastState",
        facts.last().map(ContainerState::render).orElseGet(JsonNodeFactory.instance::objectNode));
    node.put("ready", facts.ready());
    node.put("restartCount", facts.restarts());
    node.put("image", facts.image());
    node.put("imageID", "");
    switch (facts.state()) {
      case ContainerState.Running running -> node.put("containerID", running.containerId());
      case ContainerState.Terminated ended -> {
        if (!ended.containerId().isEmpty()) {
          node.put("containerID", ended.containerId());
        }
      }
      case ContainerState.Waiting _ ->
          facts.last().ifPresent(last -> node.put("containerID", last.containerId()));
    }
    node.put("started", facts.started());
    return node;
  }

  private String restartPolicy() {
    return pod.path("spec").path("restartPolicy").asText("Always");
  }

  private boolean initialized() {
    return facts.initContainers().stream()
        .allMatch(each ->
            each.state() instanceof ContainerState.Terminated ended && ended.exitCode() == 0);
  }

  private String phase() {
    if (!facts.reason().isEmpty()) {
      return "Failed";
    }
    boolean never = restartPolicy().equals("Never");
    for (ContainerFacts init : facts.initContainers()) {
      if (never
          && init.state() instanceof ContainerState.Terminated ended
          && ended.exitCode() != 0) {
        return "Failed";
      }
    }
    int waiting = 0;
    int running = 0;
    int failed = 0;
    int ended = 0;
    for (ContainerFacts each : facts.containers()) {
      switch (each.state()) {
        case ContainerState.Running _ -> running++;
        case ContainerState.Waiting _ -> {
          // Between two starts it counts as running, for it was created once.
          if (each.last().isPresent()) {
            running++;
          } else {
            waiting++;
          }
        }
        case ContainerState.Terminated terminated -> {
          ended++;
          failed += terminated.exitCode() == 0 ? 0 : 1;
        }
      }
    }
    if (!initialized() || waiting > 0) {
      return "Pending";
    }
    boolean leaving = pod.path("metadata").hasNonNull("deletionTimestamp");
    boolean forGood = leaving || never || (restartPolicy().equals("OnFailure") && failed == 0);
    if (running > 0 || ended == 0 || !forGood) {
      return "Running";
    }
    return failed == 0 ? "Succeeded" : "Failed";
  }

  private ArrayNode conditions(String phase) {
    Map<String, ObjectNode> before = new LinkedHashMap<>();
    for (JsonNode condition : pod.path("status").path("conditions")) {
      before.put(condition.path("type").asText(), condition.deepCopy());
    }
    List<ObjectNode> conditions = new ArrayList<>();
    conditions.add(
        condition(before, "PodReadyToStartContainers", !facts.podIp().isEmpty(), "", ""));
    List<String> incomplete =
        names(
            facts.initContainers().stream()
                .filter(each ->
                    !(each.state() instanceof ContainerState.Terminated ended
                        && ended.exitCode() == 0))
                .toList());
    conditions.add(
        condition(
            before,
            "Initialized",
            initialized(),
            "ContainersNotInitialized",
            "containers with incomplete status: [" + String.join(" ", incomplete) + "]"));
    boolean over = phase.equals("Succeeded") || phase.equals("Failed");
    List<String> unready =
        names(facts.containers().stream().filter(each -> !each.ready()).toList());
    String reason =
        phase.equals("Succeeded")
            ? "PodCompleted"
            : phase.equals("Failed") ? "PodFailed" : "ContainersNotReady";
    String message =
        over ? "" : "containers with unready status: [" + String.join(" ", unready) + "]";
    boolean containersReady = !over && initialized() && unready.isEmpty();
    List<String> gates = closedGates(before);
    conditions.add(
        containersReady && !gates.isEmpty()
            ? condition(
                before,
                "Ready",
                false,
                "ReadinessGatesNotReady",
                "the status of pod readiness gate \"" + gates.getFirst() + "\" is not \"True\"")
            : condition(before, "Ready", containersReady, reason, message));
    conditions.add(condition(before, "ContainersReady", containersReady, reason, message));
    conditions.add(condition(before, "PodScheduled", true, "", ""));
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    conditions.forEach(list::add);
    before.forEach((type, condition) -> {
      if (!OURS.contains(type)) {
        list.add(condition);
      }
    });
    return list;
  }

  private List<String> closedGates(Map<String, ObjectNode> conditions) {
    List<String> closed = new ArrayList<>();
    for (JsonNode gate : pod.path("spec").path("readinessGates")) {
      String type = gate.path("conditionType").asText();
      ObjectNode condition = conditions.get(type);
      if (condition == null || !condition.path("status").asText().equals("True")) {
        closed.add(type);
      }
    }
    return closed;
  }

  private static List<String> names(List<ContainerFacts> containers) {
    return containers.stream().map(ContainerFacts::name).toList();
  }

  private ObjectNode condition(
      Map<String, ObjectNode> before, String type, boolean holds, String reason, String message) {
    ObjectNode condition = JsonNodeFactory.instance.objectNode();
    condition.put("type", type).put("status", holds ? "True" : "False");
    condition.putNull("lastProbeTime");
    ObjectNode old = before.get(type);
    String since =
        old != null
                && old.path("status").asText().equals(condition.path("status").asText())
                && old.hasNonNull("lastTransitionTime")
            ? old.path("lastTransitionTime").asText()
            : ContainerState.stamp(now);
    condition.put("lastTransitionTime", since);
    if (!holds && !reason.isEmpty()) {
      condition.put("reason", reason);
      if (!message.isEmpty()) {
        condition.put("message", message);
      }
    }
    return condition;
  }

  /** Kubernetes documentation, "Pod Quality of Service Classes". */
  private String qosClass() {
    boolean any = false;
    boolean guaranteed = true;
    for (JsonNode container : pod.path("spec").path("containers")) {
      JsonNode resources = container.path("resources");
      for (String resource : new String[] {"cpu", "memory"}) {
        JsonNode limit = resources.path("limits").path(resource);
        JsonNode request = resources.path("requests").path(resource);
        any |= !limit.isMissingNode() || !request.isMissingNode();
        guaranteed &=
            !limit.isMissingNode()
                && (request.isMissingNode() || request.asText().equals(limit.asText()));
      }
    }
    return !any ? "BestEffort" : guaranteed ? "Guaranteed" : "Burstable";
  }
}
