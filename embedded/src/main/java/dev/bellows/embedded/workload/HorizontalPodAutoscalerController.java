package dev.bellows.embedded.workload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.Json;
import dev.bellows.embedded.apiserver.Registry;
import dev.bellows.embedded.apiserver.ResourceType;
import dev.bellows.embedded.apiserver.ResourceTypes;
import dev.bellows.embedded.controller.Cache;
import dev.bellows.embedded.controller.ControllerLoop;
import dev.bellows.embedded.controller.Informers;
import dev.bellows.embedded.controller.JsonEquality;
import dev.bellows.embedded.controller.Key;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * Keeps Deployments within the bounds of their HorizontalPodAutoscalers. Nothing here measures a
 * pod, so none is added for load: the status says so as that of a cluster without metrics does (ADR
 * 0096).
 */
final class HorizontalPodAutoscalerController implements AutoCloseable {
  private static final ResourceType KIND = ResourceTypes.HORIZONTAL_POD_AUTOSCALERS;
  private static final int CONCURRENCY = 2;

  private final Registry registry;
  private final Cache autoscalers;
  private final Cache deployments;
  private final Clock clock;
  private final ControllerLoop<Key> loop =
      new ControllerLoop<>("horizontalpodautoscalers", CONCURRENCY, this::reconcile);

  HorizontalPodAutoscalerController(Registry registry, Informers informers, Clock clock) {
    this.registry = registry;
    this.clock = clock;
    autoscalers = informers.cache(KIND);
    deployments = informers.cache(ResourceTypes.DEPLOYMENTS);
    informers.listen(
        KIND,
        (before, after) -> {
          if (after != null) {
            loop.enqueue(Key.of(after));
          }
        });
    informers.listen(
        ResourceTypes.DEPLOYMENTS,
        (before, after) -> {
          if (after != null) {
            Key deployment = Key.of(after);
            for (ObjectNode each : autoscalers.inNamespace(deployment.namespace())) {
              if (target(each).equals(Optional.of(deployment))) {
                loop.enqueue(Key.of(each));
              }
            }
          }
        });
  }

  void start() {
    loop.start();
  }

  private Optional<Duration> reconcile(Key key) {
    ObjectNode autoscaler = autoscalers.get(key).orElse(null);
    if (autoscaler == null || autoscaler.path("metadata").hasNonNull("deletionTimestamp")) {
      return Optional.empty();
    }
    Optional<ObjectNode> deployment = target(autoscaler).flatMap(deployments::get);
    ObjectNode status =
        deployment.isPresent() ? keep(autoscaler, deployment.get()) : lost(autoscaler);
    if (!JsonEquality.same(status, autoscaler.path("status"))) {
      registry.editStatus(
          KIND,
          key.namespace(),
          key.name(),
          present -> {
            present.set("status", status);
            return present;
          });
    }
    return Optional.empty();
  }

  private static Optional<Key> target(ObjectNode autoscaler) {
    JsonNode reference = autoscaler.path("spec").path("scaleTargetRef");
    return reference.path("kind").asText().equals("Deployment")
        ? Optional.of(new Key(Key.of(autoscaler).namespace(), reference.path("name").asText()))
        : Optional.empty();
  }

  private ObjectNode keep(ObjectNode autoscaler, ObjectNode deployment) {
    JsonNode spec = autoscaler.path("spec");
    int asked = deployment.path("spec").path("replicas").asInt(1);
    int bounded =
        Math.clamp(asked, spec.path("minReplicas").asInt(1), spec.path("maxReplicas").asInt(1));
    // Zero is a person's word: such a Deployment is left alone.
    int wanted = asked == 0 ? 0 : bounded;
    if (wanted != asked) {
      Key key = Key.of(deployment);
      registry.edit(
          ResourceTypes.DEPLOYMENTS,
          key.namespace(),
          key.name(),
          present -> {
            present.withObjectProperty("spec").put("replicas", wanted);
            return present;
          });
    }
    ObjectNode status = status(autoscaler);
    status.put("currentReplicas", deployment.path("status").path("replicas").asInt(0));
    status.put("desiredReplicas", wanted);
    condition(autoscaler, status, "AbleToScale", "True", "SucceededGetScale", "within its bounds");
    condition(
        autoscaler,
        status,
        "ScalingActive",
        "False",
        asked == 0 ? "ScalingDisabled" : "FailedGetResourceMetric",
        asked == 0
            ? "the target has been set to no replicas, and is left alone"
            : "nothing measures pods here; only minReplicas and maxReplicas are kept");
    return status;
  }

  private ObjectNode lost(ObjectNode autoscaler) {
    ObjectNode status = status(autoscaler);
    status.put("currentReplicas", 0).put("desiredReplicas", 0);
    condition(
        autoscaler,
        status,
        "AbleToScale",
        "False",
        "FailedGetScale",
        "there is no Deployment of the name in scaleTargetRef");
    return status;
  }

  private static ObjectNode status(ObjectNode autoscaler) {
    ObjectNode status = Json.object();
    JsonNode metadata = autoscaler.path("metadata");
    if (metadata.has("generation")) {
      status.set("observedGeneration", metadata.get("generation"));
    }
    return status;
  }

  private void condition(
      ObjectNode autoscaler,
      ObjectNode status,
      String type,
      String value,
      String reason,
      String message) {
    String since = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
    for (JsonNode before : autoscaler.path("status").path("conditions")) {
      if (before.path("type").asText().equals(type)
          && before.path("status").asText().equals(value)) {
        since = before.path("lastTransitionTime").asText(since);
      }
    }
    status
        .withArrayProperty("conditions")
        .addObject()
        .put("type", type)
        .put("status", value)
        .put("lastTransitionTime", since)
        .put("reason", reason)
        .put("message", message);
  }

  @Override
  public void close() {
    loop.close();
  }
}
