package dev.bellows.embedded.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/** Whether an object's labels match a selector as Kubernetes writes it. */
public final class Selector {
  private Selector() {}

  /**
   * A {@code LabelSelector} with {@code matchLabels} and {@code matchExpressions}. An empty one
   * matches nothing here: no controller may claim every pod by a slip.
   */
  public static boolean matches(JsonNode selector, ObjectNode object) {
    JsonNode labels = object.path("metadata").path("labels");
    JsonNode expressions = selector.path("matchExpressions");
    if (selector.path("matchLabels").isEmpty() && expressions.isEmpty()) {
      return false;
    }
    if (!equal(selector.path("matchLabels"), labels)) {
      return false;
    }
    for (JsonNode expression : expressions) {
      if (!holds(expression, labels)) {
        return false;
      }
    }
    return true;
  }

  /** A Service's selector: a map whose entries must all be labels of the object. */
  public static boolean matchesMap(JsonNode selector, ObjectNode object) {
    return !selector.isEmpty() && equal(selector, object.path("metadata").path("labels"));
  }

  private static boolean equal(JsonNode wanted, JsonNode labels) {
    for (Map.Entry<String, JsonNode> label : wanted.properties()) {
      JsonNode value = labels.get(label.getKey());
      if (value == null || !value.asText().equals(label.getValue().asText())) {
        return false;
      }
    }
    return true;
  }

  private static boolean holds(JsonNode expression, JsonNode labels) {
    JsonNode value = labels.get(expression.path("key").asText());
    boolean listed = false;
    for (JsonNode each : expression.path("values")) {
      listed |= value != null && each.asText().equals(value.asText());
    }
    return switch (expression.path("operator").asText()) {
      case "In" -> listed;
      case "NotIn" -> !listed;
      case "Exists" -> value != null;
      case "DoesNotExist" -> value == null;
      default -> false; // an operator from a later Kubernetes: claim nothing
    };
  }
}
