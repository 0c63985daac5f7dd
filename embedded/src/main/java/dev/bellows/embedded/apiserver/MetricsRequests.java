package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * What pods and the node take, in the form of a metrics server ({@code metrics.k8s.io/v1beta1}), as
 * {@code kubectl top} asks for it. Nothing of it is kept.
 */
final class MetricsRequests {
  static final String GROUP = "metrics.k8s.io";
  static final String VERSION = "v1beta1";
  private static final ResourceType PODS =
      new ResourceType(GROUP, VERSION, "PodMetrics", "pods", true);
  private static final ResourceType NODES =
      new ResourceType(GROUP, VERSION, "NodeMetrics", "nodes", false);

  private final Registry registry;
  private final Supplier<RunningPods> running;

  MetricsRequests(Registry registry, Supplier<RunningPods> running) {
    this.registry = registry;
    this.running = running;
  }

  /** The kinds of the group, by plural. */
  static List<ResourceType> kinds() {
    return List.of(NODES, PODS);
  }

  /** Answers if the path is of the group; says whether it was. */
  boolean answer(ApiPath path, ApiRequest request) {
    if (!path.group().equals(GROUP)) {
      return false;
    }
    if (!path.version().equals(VERSION) || !path.subresource().isEmpty()) {
      throw ApiException.noSuchResource();
    }
    if (!request.method().equals("GET") || request.flag("watch")) {
      throw ApiException.methodNotAllowed();
    }
    switch (path.plural()) {
      case "pods" -> answer(path, request, PODS, pods(path, request));
      case "nodes" -> answer(path, request, NODES, nodes(path, request));
      default -> throw ApiException.noSuchResource();
    }
    return true;
  }

  private static void answer(
      ApiPath path, ApiRequest request, ResourceType type, List<ObjectNode> found) {
    if (!path.name().isEmpty()) {
      String name = path.namespace().isEmpty() ? path.name() : path.namespace() + "/" + path.name();
      request
          .answer()
          .json(
              200, found.stream().findFirst().orElseThrow(() -> ApiException.notFound(type, name)));
      return;
    }
    ObjectNode list = Json.object();
    list.put("kind", type.kind() + "List").put("apiVersion", type.apiVersion());
    list.putObject("metadata");
    ArrayNode items = list.putArray("items");
    found.forEach(items::add);
    request.answer().json(200, list);
  }

  private List<ObjectNode> chosen(ResourceType type, ApiPath path, ApiRequest request) {
    String namespace = path.namespace();
    if (!path.name().isEmpty()) {
      return registry.find(type, namespace, path.name()).stream().toList();
    }
    Predicate<JsonNode> labels = Selectors.labels(request.parameter("labelSelector"));
    Predicate<JsonNode> fields =
        Selectors.fields(registry.writes().resource(type), request.parameter("fieldSelector"));
    return registry.list(type, namespace.isEmpty() ? null : namespace).items().stream()
        .filter(labels.and(fields))
        .toList();
  }

  private List<ObjectNode> pods(ApiPath path, ApiRequest request) {
    List<ObjectNode> chosen = chosen(ResourceTypes.PODS, path, request);
    Map<String, PodUsage> usages = running.get().usage(chosen);
    List<ObjectNode> shown = new ArrayList<>();
    for (ObjectNode pod : chosen) {
      PodUsage usage = usages.get(ObjectMeta.of(pod).uid());
      if (usage == null) {
        continue; // it does not run
      }
      ObjectNode metrics = metrics(PODS, pod, usage);
      ArrayNode containers = metrics.putArray("containers");
      usage.parts().entrySet().stream()
          .sorted(Map.Entry.comparingByKey())
          .forEach(part -> {
            ObjectNode container = containers.addObject().put("name", part.getKey());
            use(container.putObject("usage"), part.getValue());
          });
      shown.add(metrics);
    }
    return shown;
  }

  private List<ObjectNode> nodes(ApiPath path, ApiRequest request) {
    List<ObjectNode> chosen = chosen(ResourceTypes.NODES, path, request);
    Optional<PodUsage> machine = chosen.isEmpty() ? Optional.empty() : running.get().machine();
    List<ObjectNode> shown = new ArrayList<>();
    for (ObjectNode node : chosen) {
      machine.ifPresent(usage -> {
        ObjectNode metrics = metrics(NODES, node, usage);
        usage.parts().values().forEach(part -> use(metrics.putObject("usage"), part));
        shown.add(metrics);
      });
    }
    return shown;
  }

  private static ObjectNode metrics(ResourceType type, ObjectNode object, PodUsage usage) {
    ObjectMeta of = ObjectMeta.of(object);
    ObjectNode metrics = Json.object();
    metrics.put("kind", type.kind()).put("apiVersion", type.apiVersion());
    ObjectNode meta = metrics.putObject("metadata").put("name", of.name());
    if (type.namespaced()) {
      meta.put("namespace", of.namespace());
    }
    meta.put("creationTimestamp", ObjectMeta.time(usage.at()));
    if (of.node().path("labels") instanceof ObjectNode labels) {
      meta.set("labels", labels);
    }
    metrics.put("timestamp", ObjectMeta.time(usage.at()));
    return metrics.put("window", seconds(usage.window()));
  }

  private static String seconds(Duration window) {
    return window.toSeconds() + "." + "%03d".formatted(window.toMillisPart()) + "s";
  }

  private static void use(ObjectNode usage, PodUsage.Part part) {
    usage.put("cpu", part.nanoCores() + "n").put("memory", (part.memoryBytes() >> 10) + "Ki");
  }
}
