package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** What a HorizontalPodAutoscaler is given that its user left out. */
final class AutoscalerRules implements KindRules {
  /** Of the CPU that pods ask for, where nothing else is aimed at. */
  private static final int CPU_PERCENT = 80;

  private static final int PERIOD_SECONDS = 15;

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
}
