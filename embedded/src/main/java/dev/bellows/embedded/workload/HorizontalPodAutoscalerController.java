package dev.bellows.embedded.workload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.embedded.apiserver.Json;
import dev.bellows.embedded.apiserver.PodUsage;
import dev.bellows.embedded.apiserver.Registry;
import dev.bellows.embedded.apiserver.ResourceType;
import dev.bellows.embedded.apiserver.ResourceTypes;
import dev.bellows.embedded.apiserver.RunningPods;
import dev.bellows.embedded.controller.Cache;
import dev.bellows.embedded.controller.ControllerLoop;
import dev.bellows.embedded.controller.Informers;
import dev.bellows.embedded.controller.JsonEquality;
import dev.bellows.embedded.controller.Key;
import dev.bellows.embedded.controller.Selector;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Gives Deployments as many replicas as their HorizontalPodAutoscalers ask for, within their
 * bounds. Of metrics there are the resources that the kubelet measures (ADR 0096); a status says
 * which others there are not, as that of a cluster without them does.
 */
final class HorizontalPodAutoscalerController implements AutoCloseable {
  private static final ResourceType KIND = ResourceTypes.HORIZONTAL_POD_AUTOSCALERS;
  private static final int CONCURRENCY = 2;

  /** How often pods are measured, as in a cluster. */
  private static final Duration PERIOD = Duration.ofSeconds(15);

  private final Registry registry;
  private final Cache autoscalers;
  private final Cache deployments;
  private final Clock clock;
  private final RunningPods running;
  private final Cache pods;
  private final Map<Key, Recommendations> pasts = new ConcurrentHashMap<>();
  private final ControllerLoop<Key> loop =
      new ControllerLoop<>("horizontalpodautoscalers", CONCURRENCY, this::reconcile);

  /**
   * @param running what measures pods
   */
  HorizontalPodAutoscalerController(
      Registry registry, Informers informers, Clock clock, RunningPods running) {
    this.registry = registry;
    this.clock = clock;
    this.running = running;
    pods = informers.cache(ResourceTypes.PODS);
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
      pasts.remove(key);
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
    return deployment.map(found -> PERIOD);
  }

  private static Optional<Key> target(ObjectNode autoscaler) {
    JsonNode reference = autoscaler.path("spec").path("scaleTargetRef");
    return reference.path("kind").asText().equals("Deployment")
        ? Optional.of(new Key(Key.of(autoscaler).namespace(), reference.path("name").asText()))
        : Optional.empty();
  }

  /**
   * What is measured asks for.
   *
   * @param replicas after what has been recommended before
   * @param beyond what was asked for without regard to bounds
   */
  private record Wish(int replicas, int beyond, List<ObjectNode> current, String problem) {}

  private ObjectNode keep(ObjectNode autoscaler, ObjectNode deployment) {
    int asked = deployment.path("spec").path("replicas").asInt(1);
    // Zero is a person's word: such a Deployment is left alone.
    Wish wish = asked == 0 ? new Wish(0, 0, List.of(), "") : wish(autoscaler, deployment, asked);
    int wanted = asked == 0 ? 0 : bounded(autoscaler, wish.replicas());
    if (wanted != asked) {
      scale(autoscaler, deployment, asked, wanted);
    }
    ObjectNode status = status(autoscaler);
    status.put("currentReplicas", deployment.path("status").path("replicas").asInt(0));
    status.put("desiredReplicas", wanted);
    if (!wish.current().isEmpty()) {
      wish.current().forEach(status.putArray("currentMetrics")::add);
    }
    JsonNode last = autoscaler.path("status").path("lastScaleTime");
    if (wanted != asked) {
      status.put("lastScaleTime", clock.instant().truncatedTo(ChronoUnit.SECONDS).toString());
    } else if (last.isTextual()) {
      status.set("lastScaleTime", last);
    }
    condition(autoscaler, status, "AbleToScale", "True", "SucceededGetScale", "within its bounds");
    if (asked == 0) {
      condition(
          autoscaler,
          status,
          "ScalingActive",
          "False",
          "ScalingDisabled",
          "the target has been set to no replicas, and is left alone");
    } else if (wish.problem().isEmpty()) {
      condition(
          autoscaler,
          status,
          "ScalingActive",
          "True",
          "ValidMetricFound",
          "the desired count comes of what pods use");
    } else {
      condition(
          autoscaler, status, "ScalingActive", "False", "FailedGetResourceMetric", wish.problem());
    }
    if (wish.problem().isEmpty() && asked != 0) {
      boolean limited = bounded(autoscaler, wish.beyond()) != wish.beyond();
      condition(
          autoscaler,
          status,
          "ScalingLimited",
          limited ? "True" : "False",
          limited
              ? wish.beyond() > wanted ? "TooManyReplicas" : "TooFewReplicas"
              : "DesiredWithinRange",
          limited
              ? "the desired count is beyond the bounds"
              : "the desired count is within the bounds");
    }
    return status;
  }

  private static int bounded(ObjectNode autoscaler, int replicas) {
    JsonNode spec = autoscaler.path("spec");
    return Math.clamp(
        replicas, spec.path("minReplicas").asInt(1), spec.path("maxReplicas").asInt(1));
  }

  private void scale(ObjectNode autoscaler, ObjectNode deployment, int from, int to) {
    Key key = Key.of(deployment);
    registry.edit(
        ResourceTypes.DEPLOYMENTS,
        key.namespace(),
        key.name(),
        present -> {
          present.withObjectProperty("spec").put("replicas", to);
          return present;
        });
    past(autoscaler).changed(from, to, clock.instant());
  }

  private Recommendations past(ObjectNode autoscaler) {
    return pasts.computeIfAbsent(Key.of(autoscaler), none -> new Recommendations());
  }

  private Wish wish(ObjectNode autoscaler, ObjectNode deployment, int asked) {
    List<ObjectNode> chosen =
        pods.inNamespace(Key.of(deployment).namespace()).stream()
            .filter(pod -> Selector.matches(deployment.path("spec").path("selector"), pod))
            .filter(HorizontalPodAutoscalerController::isAlive)
            .toList();
    Map<String, PodUsage> usages = running.usage(chosen);
    List<ObjectNode> current = new ArrayList<>();
    String problem = "";
    int most = 0;
    for (JsonNode metric : autoscaler.path("spec").path("metrics")) {
      ResourceMetric.Outcome outcome = ResourceMetric.of(metric, chosen, usages, asked);
      if (outcome.replicas().isPresent()) {
        most = Math.max(most, outcome.replicas().get());
        current.add(outcome.current());
      } else {
        problem = outcome.problem();
      }
    }
    // What cannot be measured may ask for more: nothing is taken away then.
    if (current.isEmpty() || (!problem.isEmpty() && most < asked)) {
      return new Wish(asked, asked, current, problem);
    }
    Instant now = clock.instant();
    int next =
        past(autoscaler)
            .next(autoscaler.path("spec").path("behavior"), asked, bounded(autoscaler, most), now);
    return new Wish(next, most, current, "");
  }

  private static boolean isAlive(ObjectNode pod) {
    String phase = pod.path("status").path("phase").asText();
    return !pod.path("metadata").hasNonNull("deletionTimestamp")
        && !phase.equals("Failed")
        && !phase.equals("Succeeded");
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
