package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a HorizontalPodAutoscaler is given that its user left out, and what it may say. */
final class AutoscalerRules implements KindRules {
  /** Of the CPU that pods ask for, where nothing else is aimed at. */
  private static final int CPU_PERCENT = 80;

  private static final int PERIOD_SECONDS = 15;
  private static final int MAX_WINDOW_SECONDS = 3_600;

  /** Where each type of metric keeps its facts. */
  private static final Map<String, String> SOURCES =
      new TreeMap<>(
          Map.of(
              "ContainerResource", "containerResource",
              "External", "external",
              "Object", "object",
              "Pods", "pods",
              "Resource", "resource"));

  @Override
  public void complete(ObjectNode object) {
    ObjectNode spec = Json.child(object, "spec");
    if (!spec.hasNonNull("minReplicas")) {
      spec.put("minReplicas", 1);
    }
    if (spec.path("metrics").isEmpty()) {
      ObjectNode resource =
          spec.putArray("metrics").addObject().put("type", "Resource").putObject("resource");
      resource.put("name", "cpu");
      resource
          .putObject("target")
          .put("type", "Utilization")
          .put("averageUtilization", CPU_PERCENT);
    }
    if (spec.path("behavior") instanceof ObjectNode behavior) {
      ObjectNode up = Json.child(behavior, "scaleUp");
      if (!up.has("stabilizationWindowSeconds")) {
        up.put("stabilizationWindowSeconds", 0);
      }
      way(up, List.of("Pods", "Percent"));
      way(Json.child(behavior, "scaleDown"), List.of("Percent"));
    }
  }

  private static void way(ObjectNode way, List<String> policies) {
    PodSpecRules.standard(way, "selectPolicy", "Max");
    if (!way.hasNonNull("policies")) {
      ArrayNode all = way.putArray("policies");
      for (String policy : policies) {
        all.addObject()
            .put("type", policy)
            .put("value", policy.equals("Pods") ? 4 : 100)
            .put("periodSeconds", PERIOD_SECONDS);
      }
    }
  }

  @Override
  public void onCreate(ObjectNode object) {
    object.putObject("status").put("desiredReplicas", 0).putNull("currentMetrics");
  }

  @Override
  public void validate(ObjectNode object, List<Cause> causes) {
    Checks checks = new Checks(causes);
    JsonNode spec = object.path("spec");
    JsonNode least = spec.path("minReplicas");
    if (least.isNumber() && least.asInt() < 1) {
      checks.invalid("spec.minReplicas", least, "must be greater than or equal to 1");
    }
    JsonNode most = spec.path("maxReplicas");
    checks.positive("spec.maxReplicas", most.isNumber() ? most : Json.NODES.numberNode(0));
    if (most.asInt(0) < least.asInt(1)) {
      checks.invalid(
          "spec.maxReplicas",
          most.isNumber() ? most : Json.NODES.numberNode(0),
          "must be greater than or equal to `minReplicas`");
    }
    target(spec.path("scaleTargetRef"), checks);
    boolean outside = false;
    for (JsonNode metric : spec.path("metrics")) {
      outside |= List.of("Object", "External").contains(metric.path("type").asText());
    }
    Checks.each(spec.path("metrics"), "spec.metrics", (at, metric) -> metric(at, metric, checks));
    if (least.isNumber() && least.asInt() == 0 && !outside) {
      checks.forbidden(
          "spec.metrics",
          "must specify at least one Object or External metric to support scaling to zero"
              + " replicas");
    }
    for (String way : List.of("scaleUp", "scaleDown")) {
      if (spec.path("behavior").path(way).isObject()) {
        way("spec.behavior." + way, spec.path("behavior").path(way), checks);
      }
    }
  }

  private static void target(JsonNode target, Checks checks) {
    for (String field : List.of("kind", "name")) {
      if (checks.required("spec.scaleTargetRef." + field, target.path(field))) {
        String text = target.path(field).asText();
        checks.all("spec.scaleTargetRef." + field, text, Names.pathSegment(text));
      }
    }
    String version = target.path("apiVersion").asText("");
    if (version.isEmpty()) {
      checks.invalid(
          "spec.scaleTargetRef.apiVersion", version, "apiVersion must specify API group");
    }
  }

  private static void metric(String at, JsonNode metric, Checks checks) {
    String type = metric.path("type").asText("");
    if (!SOURCES.containsKey(type)) {
      checks.unsupported(at + ".type", '"' + type + '"', List.copyOf(SOURCES.keySet()));
      return;
    }
    String place = SOURCES.getOrDefault(type, "");
    JsonNode source = metric.path(place);
    String path = at + "." + place;
    if (!source.isObject()) {
      checks.missing(path, "must populate information for the given metric source");
      return;
    }
    JsonNode target = source.path("target");
    boolean ofResource = type.endsWith("Resource");
    if (ofResource && source.path("name").asText("").isEmpty()) {
      checks.missing(path + ".name", "must specify a resource name");
    }
    if (!ofResource && source.path("metric").path("name").asText("").isEmpty()) {
      checks.missing(path + ".metric.name", "must specify a metric name");
    }
    aim(path + ".target", target, ofResource, checks);
  }

  private static void aim(String path, JsonNode target, boolean ofResource, Checks checks) {
    String type = target.path("type").asText("");
    if (type.isEmpty()) {
      checks.missing(path + ".type", "must specify a metric target type");
    } else if (!List.of("Utilization", "Value", "AverageValue").contains(type)) {
      checks.invalid(path + ".type", type, "must be either Utilization, Value, or AverageValue");
    }
    JsonNode share = target.path("averageUtilization");
    checks.positive(path + ".averageUtilization", share);
    boolean raw = target.hasNonNull("averageValue");
    if (ofResource && !share.isNumber() && !raw) {
      checks.missing(
          path + ".averageUtilization",
          "must set either a target raw value or a target utilization");
    }
    if (ofResource && share.isNumber() && raw) {
      checks.forbidden(
          path + ".averageValue", "may not set both a target raw value and a target utilization");
    }
  }

  private static void way(String path, JsonNode way, Checks checks) {
    JsonNode window = way.path("stabilizationWindowSeconds");
    if (window.isNumber() && window.asInt() < 0) {
      checks.invalid(
          path + ".stabilizationWindowSeconds", window, "must be greater than or equal to zero");
    }
    if (window.asInt(0) > MAX_WINDOW_SECONDS) {
      checks.invalid(
          path + ".stabilizationWindowSeconds",
          window,
          "must be less than or equal to " + MAX_WINDOW_SECONDS);
    }
    checks.oneOf(
        path + ".selectPolicy", way.path("selectPolicy"), List.of("Disabled", "Max", "Min"));
    Checks.each(
        way.path("policies"),
        path + ".policies",
        (at, policy) -> {
          checks.oneOf(at + ".type", policy.path("type"), List.of("Percent", "Pods"));
          for (String field : List.of("value", "periodSeconds")) {
            if (policy.path(field).asInt(0) <= 0) {
              checks.invalid(at + "." + field, policy.path(field), "must be greater than zero");
            }
          }
        });
  }
}
