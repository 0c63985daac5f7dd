package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * HorizontalPodAutoscalers in their first version, which has one field for the use of CPU. What
 * that version cannot say stands in annotations, under the names and in the form in which
 * Kubernetes writes them, so that nothing is lost on the way there and back.
 */
final class HorizontalPodAutoscalerV1 implements Conversion {
  private static final String PREFIX = "autoscaling.alpha.kubernetes.io/";
  private static final String METRICS = PREFIX + "metrics";
  private static final String CURRENT = PREFIX + "current-metrics";
  private static final String CONDITIONS = PREFIX + "conditions";
  private static final String BEHAVIOR = PREFIX + "behavior";

  /** Where each type of metric keeps its facts. */
  private static final Map<String, String> PLACES =
      Map.of(
          "Resource", "resource",
          "ContainerResource", "containerResource",
          "Pods", "pods",
          "Object", "object",
          "External", "external");

  @Override
  public ObjectNode toStored(ObjectNode object) {
    ObjectNode annotations = annotations(object);
    if (object.path("spec") instanceof ObjectNode spec) {
      ArrayNode metrics = Json.array();
      for (JsonNode metric : taken(annotations, METRICS)) {
        metrics.add(metric(metric, "target"));
      }
      JsonNode cpu = spec.remove("targetCPUUtilizationPercentage");
      if (cpu != null && !cpu.isNull()) {
        ObjectNode resource = metrics.addObject().put("type", "Resource").putObject("resource");
        resource.put("name", "cpu");
        resource.putObject("target").put("type", "Utilization").set("averageUtilization", cpu);
      }
      if (!metrics.isEmpty()) {
        spec.set("metrics", metrics);
      }
      JsonNode behavior = taken(annotations, BEHAVIOR);
      if (behavior.isObject()) {
        spec.set("behavior", renamed(behavior, false));
      }
    }
    if (object.path("status") instanceof ObjectNode status) {
      ArrayNode metrics = Json.array();
      for (JsonNode metric : taken(annotations, CURRENT)) {
        metrics.add(metric(metric, "current"));
      }
      JsonNode cpu = status.remove("currentCPUUtilizationPercentage");
      if (cpu != null && !cpu.isNull() && metrics.isEmpty()) { // else it is among them
        ObjectNode resource = metrics.addObject().put("type", "Resource").putObject("resource");
        resource.put("name", "cpu");
        resource.putObject("current").set("averageUtilization", cpu);
      }
      if (!metrics.isEmpty()) {
        status.set("currentMetrics", metrics);
      }
      JsonNode conditions = taken(annotations, CONDITIONS);
      if (conditions.isArray()) {
        status.set("conditions", conditions);
      }
    }
    annotations.remove(List.of(METRICS, CURRENT, CONDITIONS, BEHAVIOR));
    keep(object, annotations);
    return object;
  }

  @Override
  public ObjectNode fromStored(ObjectNode object) {
    ObjectNode annotations = annotations(object);
    if (object.path("spec") instanceof ObjectNode spec) {
      ArrayNode others = Json.array();
      JsonNode metrics = spec.remove("metrics");
      for (JsonNode metric : metrics == null ? Json.array() : metrics) {
        JsonNode share = cpu(metric, "target");
        if (share.isNumber()) {
          spec.set("targetCPUUtilizationPercentage", share);
        } else {
          others.add(flat(metric, "target"));
        }
      }
      note(annotations, METRICS, others);
      if (spec.remove("behavior") instanceof ObjectNode behavior) {
        note(annotations, BEHAVIOR, renamed(behavior, true));
      }
    }
    ObjectNode status = Json.child(object, "status");
    ArrayNode others = Json.array();
    JsonNode metrics = status.remove("currentMetrics");
    if (metrics != null && !metrics.isNull()) {
      for (JsonNode metric : metrics) {
        JsonNode share = cpu(metric, "current");
        if (share.isNumber()) {
          status.set("currentCPUUtilizationPercentage", share);
        }
        others.add(flat(metric, "current"));
      }
    }
    note(annotations, CURRENT, others);
    if (status.remove("conditions") instanceof ArrayNode conditions) {
      note(annotations, CONDITIONS, conditions);
    }
    for (String count : List.of("currentReplicas", "desiredReplicas")) {
      if (!status.has(count)) {
        status.put(count, 0);
      }
    }
    keep(object, annotations);
    return object;
  }

  private static JsonNode cpu(JsonNode metric, String side) {
    JsonNode resource = metric.path("resource");
    return resource.path("name").asText().equals("cpu")
        ? resource.path(side).path("averageUtilization")
        : Json.NODES.missingNode();
  }

  /** One metric as the first version writes it: its numbers beside its name. */
  private static ObjectNode flat(JsonNode metric, String side) {
    String type = metric.path("type").asText();
    String place = PLACES.getOrDefault(type, "");
    ObjectNode flat = Json.object().put("type", type);
    JsonNode source = metric.path(place);
    JsonNode value = source.path(side);
    if (place.isEmpty() || !source.isObject()) {
      return flat;
    }
    ObjectNode facts = flat.putObject(place);
    if (type.equals("Object")) {
      facts.set("target", source.path("describedObject"));
    }
    if (type.equals("Resource") || type.equals("ContainerResource")) {
      facts.set("name", source.path("name"));
      copy(value, "averageUtilization", facts, side + "AverageUtilization");
      copy(value, "averageValue", facts, side + "AverageValue");
      copy(source, "container", facts, "container");
      return flat;
    }
    JsonNode named = source.path("metric");
    facts.set("metricName", named.path("name"));
    copy(named, "selector", facts, type.equals("External") ? "metricSelector" : "selector");
    copy(value, "value", facts, side + "Value");
    copy(
        value,
        "averageValue",
        facts,
        type.equals("Object") ? "averageValue" : side + "AverageValue");
    return flat;
  }

  private static ObjectNode metric(JsonNode flat, String side) {
    String type = flat.path("type").asText();
    String place = PLACES.getOrDefault(type, "");
    ObjectNode metric = Json.object().put("type", type);
    JsonNode facts = flat.path(place);
    if (place.isEmpty() || !facts.isObject()) {
      return metric;
    }
    ObjectNode source = metric.putObject(place);
    if (type.equals("Object")) {
      copy(facts, "target", source, "describedObject");
    }
    ObjectNode value = Json.object();
    if (type.equals("Resource") || type.equals("ContainerResource")) {
      copy(facts, "name", source, "name");
      copy(facts, "container", source, "container");
    } else {
      ObjectNode named = source.putObject("metric");
      copy(facts, "metricName", named, "name");
      copy(facts, type.equals("External") ? "metricSelector" : "selector", named, "selector");
    }
    copy(facts, side + "AverageUtilization", value, "averageUtilization");
    copy(
        facts,
        type.equals("Object") ? "averageValue" : side + "AverageValue",
        value,
        "averageValue");
    copy(facts, side + "Value", value, "value");
    if (side.equals("target")) {
      value.put(
          "type",
          value.has("averageUtilization")
              ? "Utilization"
              : value.has("averageValue") ? "AverageValue" : "Value");
    }
    source.set(side, value);
    return metric;
  }

  private static void copy(JsonNode from, String name, ObjectNode to, String as) {
    if (from.hasNonNull(name)) {
      to.set(as, from.get(name));
    }
  }

  /** The behaviour's annotation has the names of Go's fields: the same with a capital. */
  private static JsonNode renamed(JsonNode value, boolean capital) {
    return switch (value) {
      case ObjectNode object -> {
        ObjectNode named = Json.object();
        object
            .properties()
            .forEach(field -> {
              String name = field.getKey();
              String first = name.substring(0, 1);
              named.set(
                  (capital ? first.toUpperCase(Locale.ROOT) : first.toLowerCase(Locale.ROOT))
                      + name.substring(1),
                  renamed(field.getValue(), capital));
            });
        yield named;
      }
      case ArrayNode list -> {
        ArrayNode named = Json.array();
        list.forEach(each -> named.add(renamed(each, capital)));
        yield named;
      }
      default -> value;
    };
  }

  private static ObjectNode annotations(ObjectNode object) {
    return object.path("metadata").path("annotations") instanceof ObjectNode found
        ? found
        : Json.object();
  }

  private static void keep(ObjectNode object, ObjectNode annotations) {
    ObjectNode meta = ObjectMeta.of(object).node();
    if (annotations.isEmpty()) {
      meta.remove("annotations");
    } else {
      meta.set("annotations", annotations);
    }
  }

  private static void note(ObjectNode annotations, String name, JsonNode content) {
    if (!content.isEmpty()) {
      annotations.put(name, new String(Json.bytes(content), StandardCharsets.UTF_8));
    }
  }

  /** What an annotation holds; nothing if it is not there, or no JSON. */
  private static JsonNode taken(ObjectNode annotations, String name) {
    String text = annotations.path(name).asText("");
    if (text.isEmpty()) {
      return Json.NODES.missingNode();
    }
    try {
      return Json.parse(text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      return Json.NODES.missingNode();
    }
  }
}
