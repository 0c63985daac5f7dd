package dev.bellows.embedded.workload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.api.quantity.ResourceAmount;
import dev.bellows.embedded.apiserver.Json;
import dev.bellows.embedded.apiserver.PodUsage;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How many replicas a metric of type {@code Resource} asks for: as many as bring what pods use on
 * average to its target. Pods that are not ready or not measured are taken to use nothing on the
 * way up and all that they ask for on the way down.
 */
final class ResourceMetric {
  /** A use that differs from the target by no more than this is on target. */
  private static final double TOLERANCE = 0.1;

  private ResourceMetric() {}

  /**
   * What came of it.
   *
   * @param replicas asked for; empty if nothing can be said
   * @param current as the autoscaler's status shows it
   * @param problem why nothing can be said, else empty
   */
  record Outcome(Optional<Integer> replicas, ObjectNode current, String problem) {
    private static Outcome failed(String problem) {
      return new Outcome(Optional.empty(), Json.object(), problem);
    }
  }

  /** One pod. */
  private record Use(boolean counts, long used, long asked) {}

  static Outcome of(
      JsonNode metric, List<ObjectNode> pods, Map<String, PodUsage> usages, int current) {
    if (!metric.path("type").asText().equals("Resource")) {
      return Outcome.failed(
          "nothing here provides metrics of type " + metric.path("type").asText());
    }
    String resource = metric.path("resource").path("name").asText();
    JsonNode target = metric.path("resource").path("target");
    if (!resource.equals("cpu") && !resource.equals("memory")) {
      return Outcome.failed("nothing here measures " + resource);
    }
    boolean share = target.has("averageUtilization");
    List<Use> uses = new ArrayList<>();
    for (ObjectNode pod : pods) {
      Optional<Long> asked = asked(pod, resource);
      if (share && asked.isEmpty()) {
        return Outcome.failed(
            "failed to get "
                + resource
                + " utilization: missing request for "
                + resource
                + " in a container of Pod "
                + pod.path("metadata").path("name").asText());
      }
      uses.add(use(pod, resource, usages, asked.orElse(0L)));
    }
    List<Use> measured = uses.stream().filter(Use::counts).toList();
    if (measured.isEmpty()) {
      return Outcome.failed(
          "failed to get " + resource + " utilization: no ready pod has been measured yet");
    }
    long used = measured.stream().mapToLong(Use::used).sum();
    long asked = measured.stream().mapToLong(Use::asked).sum();
    double aim =
        share
            ? target.path("averageUtilization").asDouble() / 100
            : amount(target.path("averageValue").asText(), resource);
    double ratio = share ? used / (double) asked / aim : used / (double) measured.size() / aim;
    return new Outcome(
        Optional.of(replicas(uses, measured.size(), ratio, share, aim, current)),
        shown(resource, share, used, asked, measured.size()),
        "");
  }

  private static int replicas(
      List<Use> uses, int measured, double ratio, boolean share, double aim, int current) {
    if (Math.abs(1 - ratio) <= TOLERANCE) {
      return current;
    }
    if (measured == uses.size()) {
      return (int) Math.ceil(ratio * measured);
    }
    double used = 0;
    double asked = 0;
    for (Use use : uses) {
      double full = share ? use.asked() : aim;
      used += use.counts() ? use.used() : ratio < 1 ? full : 0;
      asked += use.asked();
    }
    double cautious = share ? used / asked / aim : used / uses.size() / aim;
    boolean turned = ratio > 1 != cautious > 1;
    return turned || Math.abs(1 - cautious) <= TOLERANCE
        ? current
        : (int) Math.ceil(cautious * uses.size());
  }

  private static Use use(
      ObjectNode pod, String resource, Map<String, PodUsage> usages, long asked) {
    PodUsage usage = usages.get(pod.path("metadata").path("uid").asText());
    boolean ready = false;
    for (JsonNode condition : pod.path("status").path("conditions")) {
      ready |=
          condition.path("type").asText().equals("Ready")
              && condition.path("status").asText().equals("True");
    }
    if (usage == null || !ready) {
      return new Use(false, 0, asked);
    }
    long used =
        usage.parts().values().stream()
            .mapToLong(part -> resource.equals("cpu") ? part.nanoCores() : part.memoryBytes())
            .sum();
    return new Use(true, used, asked);
  }

  /** What a pod's containers ask for together; empty if one of them asks for nothing. */
  private static Optional<Long> asked(ObjectNode pod, String resource) {
    double sum = 0;
    for (JsonNode container : pod.path("spec").path("containers")) {
      JsonNode request = container.path("resources").path("requests").path(resource);
      if (request.isMissingNode()) {
        return Optional.empty();
      }
      sum += amount(request.asText(), resource);
    }
    return Optional.of((long) sum);
  }

  /** In nanocores, or in bytes. */
  private static double amount(String text, String resource) {
    BigDecimal value = ResourceAmount.parse(text).map(ResourceAmount::value).orElse(BigDecimal.ONE);
    return value.doubleValue() * (resource.equals("cpu") ? 1e9 : 1);
  }

  private static ObjectNode shown(String resource, boolean share, long used, long asked, int pods) {
    ObjectNode shown = Json.object().put("type", "Resource");
    ObjectNode current = shown.putObject("resource").put("name", resource).putObject("current");
    if (share) {
      current.put("averageUtilization", Math.round(100.0 * used / asked));
    }
    long average = used / pods;
    current.put(
        "averageValue",
        resource.equals("cpu") ? average / 1_000_000 + "m" : Long.toString(average));
    return shown;
  }
}
