package dev.bellows.embedded.workload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The status of a Deployment, from facts alone: counts, and the conditions that clients wait for.
 * Reasons and messages are upstream's words.
 */
final class DeploymentStatus {
  private static final String COMPLETE = "NewReplicaSetAvailable";
  private static final String TIMED_OUT = "ProgressDeadlineExceeded";

  private final Deployment deployment;
  private final ReplicaSet current;
  private final List<ReplicaSet> all;
  private final boolean created;
  private final Instant now;
  private final Map<String, ObjectNode> conditions = new LinkedHashMap<>();
  private final int replicas;
  private final int updated;
  private final int ready;
  private final int available;

  /**
   * The facts.
   *
   * @param all the current ReplicaSet and the others
   * @param created whether the current one was created in this pass
   */
  DeploymentStatus(
      Deployment deployment,
      ReplicaSet current,
      List<ReplicaSet> all,
      boolean created,
      Instant now) {
    this.deployment = deployment;
    this.current = current;
    this.all = all;
    this.created = created;
    this.now = now;
    for (JsonNode condition : deployment.status().path("conditions")) {
      conditions.put(condition.path("type").asText(), condition.deepCopy());
    }
    replicas = all.stream().mapToInt(ReplicaSet::present).sum();
    updated = current.present();
    ready = all.stream().mapToInt(ReplicaSet::ready).sum();
    available = all.stream().mapToInt(ReplicaSet::available).sum();
  }

  ObjectNode render() {
    available();
    progressing();
    replicaFailure();
    ObjectNode status = JsonNodeFactory.instance.objectNode();
    status.put("observedGeneration", deployment.generation());
    put(status, "replicas", replicas);
    put(status, "updatedReplicas", updated);
    put(status, "readyReplicas", ready);
    put(status, "availableReplicas", available);
    put(status, "unavailableReplicas", Math.max(0, wantedInTotal() - available));
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    conditions.values().forEach(list::add);
    if (!list.isEmpty()) {
      status.set("conditions", list);
    }
    JsonNode collisions = deployment.status().path("collisionCount");
    if (!collisions.isMissingNode()) {
      status.set("collisionCount", collisions);
    }
    return status;
  }

  /** Whether pods are wanted and, as far as is known, become available. Asked after rendering. */
  boolean isOnTheWay() {
    return !isComplete() && !conditions.containsKey("ReplicaFailure");
  }

  private int wantedInTotal() {
    return all.stream().mapToInt(ReplicaSet::replicas).sum();
  }

  private static void put(ObjectNode status, String field, int count) {
    if (count != 0) {
      status.put(field, count);
    }
  }

  private void available() {
    if (available >= deployment.replicas() - deployment.maxUnavailable()) {
      set("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.");
    } else {
      set(
          "Available",
          "False",
          "MinimumReplicasUnavailable",
          "Deployment does not have minimum availability.");
    }
  }

  private void progressing() {
    String name = "ReplicaSet \"" + current.name() + "\"";
    if (created) {
      set(
          "Progressing",
          "True",
          "NewReplicaSetCreated",
          "Created new replica set \"" + current.name() + "\"");
    } else if (!conditions.containsKey("Progressing")) {
      set(
          "Progressing",
          "True",
          "FoundNewReplicaSet",
          "Found new replica set \"" + current.name() + "\"");
    }
    String reason = reasonOfProgressing();
    if (replicas == updated && reason.equals(COMPLETE)) {
      return; // a complete Deployment that is merely scaled stays complete
    }
    if (isComplete()) {
      set("Progressing", "True", COMPLETE, name + " has successfully progressed.");
    } else if (progressed()) {
      renew("Progressing", "True", "ReplicaSetUpdated", name + " is progressing.");
    } else if (deadlineLeft().filter(Duration::isPositive).isEmpty()) {
      set("Progressing", "False", TIMED_OUT, name + " has timed out progressing.");
    }
  }

  private String reasonOfProgressing() {
    ObjectNode condition = conditions.get("Progressing");
    return condition == null ? "" : condition.path("reason").asText();
  }

  private boolean isComplete() {
    return updated == deployment.replicas()
        && replicas == deployment.replicas()
        && available == deployment.replicas();
  }

  private boolean progressed() {
    JsonNode before = deployment.status();
    int updatedBefore = before.path("updatedReplicas").asInt(0);
    return updated > updatedBefore
        || replicas - updated < before.path("replicas").asInt(0) - updatedBefore
        || ready > before.path("readyReplicas").asInt(0)
        || available > before.path("availableReplicas").asInt(0);
  }

  /** What is left until the deadline; empty if none runs. */
  Optional<Duration> deadlineLeft() {
    ObjectNode condition = conditions.get("Progressing");
    if (condition == null || reasonOfProgressing().equals(COMPLETE)) {
      return Optional.of(deployment.progressDeadline());
    }
    if (reasonOfProgressing().equals(TIMED_OUT)) {
      return Optional.empty();
    }
    Instant since = Instant.parse(condition.path("lastUpdateTime").asText(now.toString()));
    return Optional.of(Duration.between(now, since.plus(deployment.progressDeadline())));
  }

  /** When to look again because a deadline will have passed; empty if none runs. */
  Optional<Duration> lookAgain() {
    return reasonOfProgressing().equals(COMPLETE)
        ? Optional.empty()
        : deadlineLeft()
            .filter(Duration::isPositive)
            .map(left -> left.plusSeconds(1)); // stamps are whole seconds
  }

  private void replicaFailure() {
    Optional<JsonNode> failure = Optional.empty();
    for (ReplicaSet each : all) {
      for (JsonNode condition : each.status().path("conditions")) {
        if (condition.path("type").asText().equals("ReplicaFailure")
            && condition.path("status").asText().equals("True")
            && (failure.isEmpty() || each.equals(current))) {
          failure = Optional.of(condition);
        }
      }
    }
    if (failure.isPresent()) {
      set(
          "ReplicaFailure",
          "True",
          failure.get().path("reason").asText(),
          failure.get().path("message").asText());
    } else {
      conditions.remove("ReplicaFailure");
    }
  }

  private void set(String type, String status, String reason, String message) {
    ObjectNode old = conditions.get(type);
    if (old == null
        || !old.path("status").asText().equals(status)
        || !old.path("reason").asText().equals(reason)) {
      renew(type, status, reason, message);
    }
  }

  /** Moves lastUpdateTime, from which the deadline counts, even if nothing else changes. */
  private void renew(String type, String status, String reason, String message) {
    String stamp = now.truncatedTo(ChronoUnit.SECONDS).toString();
    ObjectNode old = conditions.get(type);
    String since =
        old != null && old.path("status").asText().equals(status)
            ? old.path("lastTransitionTime").asText()
            : stamp;
    ObjectNode condition = JsonNodeFactory.instance.objectNode();
    condition.put("type", type).put("status", status);
    condition.put("lastUpdateTime", stamp).put("lastTransitionTime", since);
    condition.put("reason", reason).put("message", message);
    conditions.put(type, condition);
  }
}
